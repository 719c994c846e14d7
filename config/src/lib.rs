//! Settings, house formats and outlets as versioned TOML, and the plain specification values they resolve to.
