//! Recipes: local paths and a specification in, local paths, facts and proof out.
