//! Where a broker is, and how patiently it is spoken to.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use percent_encoding::percent_decode_str;
use tokio::time::Instant;
use url::{Host, Url};

use crate::{BrokerError, Result};

/// The name that queues begin with unless the address says otherwise.
const PREFIX: &str = "bookend";
/// Seconds between heartbeats; a link that is silent for twice as long is lost.
const HEARTBEAT_S: u16 = 10;
/// Shorter ones raise false alarms; longer ones notice a dead link after minutes.
const HEARTBEAT_RANGE_S: std::ops::RangeInclusive<u16> = 1..=60;
/// Seconds that a call waits for a link that is lost, or for a confirm.
const PATIENCE_S: u16 = 10;
const PATIENCE_RANGE_S: std::ops::RangeInclusive<u16> = 1..=600;
/// The longest that connecting may take, and then declaring, however patient a call is.
const OPEN_BOUND: Duration = Duration::from_secs(10);
/// The longest prefix, in bytes: names of queues may have 255.
const PREFIX_LIMIT: usize = 100;

/// A parsed address.
#[derive(Clone)]
pub(super) struct Location {
    /// The address without credentials and settings.
    pub(super) place: String,
    /// What names of queues begin with.
    pub(super) prefix: String,
    /// How long a call waits.
    pub(super) patience: Duration,
    uri: AMQPUri,
}

impl Location {
    /// Parses an address. What is wrong with it is said without repeating it, for it may hold a password.
    pub(super) fn parse(address: &str) -> Result<Self> {
        let url = Url::parse(address).map_err(|error| bad(format!("it is no URL ({error})")))?;
        let scheme = match url.scheme() {
            "amqp" => AMQPScheme::AMQP,
            "amqps" => AMQPScheme::AMQPS,
            _ => return Err(bad("it begins with neither amqp:// nor amqps://")),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => decode(name, "host")?,
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err(bad("it names no host")),
        };
        let port = url.port().unwrap_or_else(|| scheme.default_port());
        let vhost = match url.path().strip_prefix('/').unwrap_or_default() {
            "" => "/".to_owned(),
            path if path.contains('/') => {
                return Err(bad("its virtual host has a `/` in it, which is written %2F there"));
            }
            path => decode(path, "virtual host")?,
        };
        let or_guest = |text: &str, what| if text.is_empty() { Ok("guest".to_owned()) } else { decode(text, what) };
        let userinfo = AMQPUserInfo {
            username: or_guest(url.username(), "user")?,
            password: or_guest(url.password().unwrap_or_default(), "password")?,
        };

        let (mut prefix, mut heartbeat_s, mut patience_s) = (PREFIX.to_owned(), HEARTBEAT_S, PATIENCE_S);
        for (name, value) in url.query_pairs() {
            match &*name {
                "prefix" => prefix = parse_prefix(&value)?,
                "heartbeat" => heartbeat_s = seconds(&name, &value, HEARTBEAT_RANGE_S)?,
                "patience" => patience_s = seconds(&name, &value, PATIENCE_RANGE_S)?,
                _ => return Err(bad("it has a setting other than prefix, heartbeat and patience")),
            }
        }
        let shown_host: Cow<'_, str> = if host.contains(':') { format!("[{host}]").into() } else { (&*host).into() };
        let shown_vhost = url.path().strip_prefix('/').unwrap_or_default();
        let place = format!("{scheme}://{shown_host}:{port}/{shown_vhost}");
        let query = AMQPQueryString { heartbeat: Some(heartbeat_s), ..AMQPQueryString::default() };
        let uri = AMQPUri { scheme, authority: AMQPAuthority { userinfo, host, port }, vhost, query };
        Ok(Self { place, prefix, patience: Duration::from_secs(patience_s.into()), uri })
    }

    /// When a call that begins now gives up.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.patience
    }

    /// How long connecting may take, and then declaring.
    pub(super) fn open_bound(&self) -> Duration {
        self.patience.min(OPEN_BOUND)
    }

    /// What lapin connects to; holds the credentials.
    pub(super) fn uri(&self) -> AMQPUri {
        self.uri.clone()
    }

    /// The host's name or address, and its port.
    pub(super) fn host(&self) -> (&str, u16) {
        (&self.uri.authority.host, self.uri.authority.port)
    }

    /// Whether the link is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.uri.scheme == AMQPScheme::AMQPS
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Location").field("place", &self.place).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

fn bad(reason: impl Into<String>) -> BrokerError {
    BrokerError::BadAddress { reason: reason.into() }
}

fn decode(text: &str, what: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_| bad(format!("its {what} is not UTF-8 after percent-decoding")))?.into_owned())
}

fn seconds(name: &str, value: &str, range: std::ops::RangeInclusive<u16>) -> Result<u16> {
    let (least, most) = (*range.start(), *range.end());
    let parsed = value.parse().ok().filter(|seconds| range.contains(seconds));
    parsed.ok_or_else(|| bad(format!("its {name} is not a whole number of seconds from {least} to {most}")))
}

fn parse_prefix(value: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if value.is_empty() || value.len() > PREFIX_LIMIT || !value.chars().all(plain) || value.starts_with("amq.") {
        return Err(bad(format!(
            "its prefix is not 1 to {PREFIX_LIMIT} letters, digits, `-`, `_` or `.`, not beginning with `amq.`"
        )));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str) -> Location {
        Location::parse(address).unwrap()
    }

    #[test]
    fn every_part_of_an_address_is_read() {
        let location = parse("amqps://us%40er:p%2Fss@host.example:5679/me%2Fdia?prefix=a.b&heartbeat=5&patience=7");
        let uri = location.uri();
        assert_eq!((&*uri.authority.userinfo.username, &*uri.authority.userinfo.password), ("us@er", "p/ss"));
        assert_eq!((location.host(), &*uri.vhost), (("host.example", 5679), "me/dia"));
        assert_eq!(uri.query.heartbeat, Some(5));
        assert_eq!((&*location.prefix, location.patience), ("a.b", Duration::from_secs(7)));
        assert!(location.is_encrypted());
        assert_eq!(location.place, "amqps://host.example:5679/me%2Fdia");
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        for address in ["amqp://localhost", "amqp://localhost/", "amqp://localhost/%2F"] {
            let location = parse(address);
            let uri = location.uri();
            assert_eq!((location.host(), &*uri.vhost), (("localhost", 5672), "/"), "{address}");
            assert_eq!((&*uri.authority.userinfo.username, uri.query.heartbeat), ("guest", Some(10)));
            assert_eq!((&*location.prefix, location.patience), ("bookend", Duration::from_secs(10)));
        }
        assert_eq!(parse("amqps://localhost").host(), ("localhost", 5671));
        assert_eq!(parse("amqp://[::1]").host(), ("::1", 5672));
        assert_eq!(parse("amqp://[::1]").place, "amqp://[::1]:5672/");
    }

    #[test]
    fn a_bad_address_is_refused_without_being_repeated() {
        for (address, said) in [
            ("hunter2", "no URL"),
            ("http://user:hunter2@host", "neither amqp:// nor amqps://"),
            ("amqp://user:hunter2@/vhost", "no"),
            ("amqp://user:hunter2@host/a/b", "%2F"),
            ("amqp://user:hunter2@host/%FF", "virtual host is not UTF-8"),
            ("amqp://user:hunter2@host?hunter2=1", "a setting other than"),
            ("amqp://user:hunter2@host?heartbeat=0", "heartbeat"),
            ("amqp://user:hunter2@host?patience=hunter2", "patience"),
            ("amqp://user:hunter2@host?prefix=", "prefix"),
            ("amqp://user:hunter2@host?prefix=amq.hunter2", "prefix"),
            ("amqp://user:hunter2@host:99999", "no URL"),
        ] {
            let error = Location::parse(address).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let location = parse("amqp://agent:hunter2@host/vhost");
        assert!(!format!("{location:?} {}", location.place).contains("hunter2"));
        assert!(!format!("{location:?} {}", location.place).contains("agent"));
    }
}
