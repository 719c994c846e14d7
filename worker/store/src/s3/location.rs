//! Where a store on S3 is, as its URL says it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use crate::name::{check_segment, excerpt};
use crate::{Result, StoreError};

/// The query keys of a store's URL, in the order in which messages name them.
const KEYS: [&str; 6] = ["endpoint", "region", "path_style", "checksums", "part_mib", "patience_s"];

const MIB: u64 = 1024 * 1024;

/// The longest prefix in bytes, so that there is room for names in the 1,024 bytes of a key.
const PREFIX_LIMIT_BYTES: usize = 200;

/// Parts of S3 have at least 5 MiB; more than 512 would need gigabytes of memory at once.
const PART_MIB: std::ops::RangeInclusive<u64> = 5..=512;
const DEFAULT_PART_MIB: u64 = 16;

const PATIENCE_S: std::ops::RangeInclusive<u64> = 1..=3_600;
const DEFAULT_PATIENCE_S: u64 = 30;

/// Where a store on S3 is, and how it is spoken to: `s3://bucket/prefix?endpoint=…&region=…`.
///
/// `S3.md` beside this crate's manifest says what each key means. There are no credentials in it, and a URL that has any
/// is refused without repeating them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Location {
    /// The bucket's name.
    pub bucket: String,
    /// The folder in the bucket, empty or ending in `/`.
    pub prefix: String,
    /// The address of the service; nothing for the one of AWS.
    pub endpoint: Option<String>,
    /// The region that requests are signed for; nothing for the one of the usual AWS variables or profile.
    pub region: Option<String>,
    /// Whether the bucket is in the path of a request and not in its host name. The default is to do so with an endpoint.
    pub path_style: bool,
    /// Which checksums go with a put.
    pub checksums: Checksums,
    /// The length of the parts in which large objects are put and fetched, in bytes, 5 to 512 MiB, by default 16 MiB.
    /// Larger ones cost memory, up to seven at a time; smaller ones cost requests.
    pub part_bytes: u64,
    /// How long a request may move nothing before it is given up and tried again: 1 s to 1 h, by default 30 s.
    pub patience: Duration,
}

/// Which checksums go with a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksums {
    /// A CRC-32, which the store checks; the bytes are not signed.
    Supported,
    /// Only those that the service demands, for stores that refuse the others; the bytes are signed by their SHA-256, which
    /// costs processor time.
    Required,
}

impl S3Location {
    /// Parses a store's URL; errors with [`StoreError::InvalidAddress`], which never repeats what could be a credential.
    pub fn parse(text: &str) -> Result<Self> {
        parse(text).map_err(|reason| StoreError::InvalidAddress { reason })
    }
}

impl FromStr for S3Location {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// The place for messages, `s3://bucket/prefix` and the endpoint.
impl fmt::Display for S3Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix.trim_end_matches('/'))?;
        match &self.endpoint {
            Some(endpoint) => write!(f, " at {endpoint}"),
            None => Ok(()),
        }
    }
}

fn parse(text: &str) -> Result<S3Location, String> {
    let url = Url::parse(text).map_err(|error| format!("it is no URL: {error}"))?;
    if url.scheme() != "s3" {
        return Err("it does not start with `s3://`".to_owned());
    }
    no_credentials(&url, "the store's URL")?;
    if url.port().is_some() || url.fragment().is_some() {
        return Err("it has a port or a fragment; the service's address goes into `endpoint=`".to_owned());
    }
    let settings = Settings::of(&url)?;
    Ok(S3Location {
        bucket: bucket(url.host_str().unwrap_or_default())?,
        prefix: prefix(url.path())?,
        path_style: settings.path_style.unwrap_or(settings.endpoint.is_some()),
        endpoint: settings.endpoint,
        region: settings.region,
        checksums: settings.checksums.unwrap_or(Checksums::Supported),
        part_bytes: settings.part_mib.unwrap_or(DEFAULT_PART_MIB) * MIB,
        patience: Duration::from_secs(settings.patience_s.unwrap_or(DEFAULT_PATIENCE_S)),
    })
}

#[derive(Default)]
struct Settings {
    endpoint: Option<String>,
    region: Option<String>,
    path_style: Option<bool>,
    checksums: Option<Checksums>,
    part_mib: Option<u64>,
    patience_s: Option<u64>,
}

impl Settings {
    fn of(url: &Url) -> Result<Self, String> {
        let mut settings = Self::default();
        let mut seen = Vec::new();
        for (key, value) in url.query_pairs() {
            if seen.contains(&key) {
                return Err(format!("`{}` is there twice", excerpt(&key)));
            }
            match &*key {
                "endpoint" => settings.endpoint = Some(endpoint(&value)?),
                "region" => settings.region = Some(region(&value)?),
                "path_style" => {
                    settings.path_style = Some(value.parse().map_err(|_| "`path_style` is `true` or `false`")?);
                }
                "checksums" => settings.checksums = Some(checksums(&value)?),
                "part_mib" => settings.part_mib = Some(number("part_mib", &value, &PART_MIB)?),
                "patience_s" => settings.patience_s = Some(number("patience_s", &value, &PATIENCE_S)?),
                other => return Err(unknown(other)),
            }
            seen.push(key);
        }
        Ok(settings)
    }
}

/// The refusal of a key. Its value is not repeated: it may be a secret.
fn unknown(key: &str) -> String {
    format!(
        "`{}` is not a setting of a store; those are {}. Credentials come from the usual AWS variables or profile only",
        excerpt(key),
        KEYS.map(|key| format!("`{key}`")).join(", ")
    )
}

fn no_credentials(url: &Url, which: &str) -> Result<(), String> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(());
    }
    Err(format!(
        "{which} has credentials in it: take them out and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    ))
}

fn bucket(text: &str) -> Result<String, String> {
    let of_bucket = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if (3..=63).contains(&text.len()) && text.bytes().all(of_bucket) {
        return Ok(text.to_owned());
    }
    Err(format!("`{}` is no bucket: 3 to 63 of a-z, 0-9, hyphen and dot", excerpt(text)))
}

fn prefix(path: &str) -> Result<String, String> {
    let path = path.trim_start_matches('/').trim_end_matches('/');
    if path.is_empty() {
        return Ok(String::new());
    }
    if path.len() > PREFIX_LIMIT_BYTES {
        return Err(format!("its prefix is longer than {PREFIX_LIMIT_BYTES} bytes"));
    }
    for segment in path.split('/') {
        check_segment(segment).map_err(|reason| format!("its prefix `{}` will not do: {reason}", excerpt(path)))?;
    }
    Ok(format!("{path}/"))
}

fn endpoint(text: &str) -> Result<String, String> {
    let wanted = "`endpoint` is the service's address, such as http://127.0.0.1:3900";
    let url = Url::parse(text).map_err(|error| format!("{wanted}: {error}"))?;
    no_credentials(&url, "`endpoint`")?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    if !is_web || url.query().is_some() || url.fragment().is_some() {
        return Err(wanted.to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn region(text: &str) -> Result<String, String> {
    let of_region = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=63).contains(&text.len()) && text.bytes().all(of_region) {
        return Ok(text.to_owned());
    }
    Err("`region` is a name such as `eu-central-1`".to_owned())
}

fn checksums(text: &str) -> Result<Checksums, String> {
    match text {
        "supported" => Ok(Checksums::Supported),
        "required" => Ok(Checksums::Required),
        _ => Err("`checksums` is `supported` or `required`".to_owned()),
    }
}

fn number(key: &str, text: &str, range: &std::ops::RangeInclusive<u64>) -> Result<u64, String> {
    let refused = || format!("`{key}` is a whole number from {} to {}", range.start(), range.end());
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        S3Location::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_contract_s_url_is_read() {
        let location =
            S3Location::parse("s3://bucket/prefix?endpoint=http://127.0.0.1:3900&region=garage&path_style=true")
                .unwrap();
        let expected = S3Location {
            bucket: "bucket".to_owned(),
            prefix: "prefix/".to_owned(),
            endpoint: Some("http://127.0.0.1:3900".to_owned()),
            region: Some("garage".to_owned()),
            path_style: true,
            checksums: Checksums::Supported,
            part_bytes: 16 * MIB,
            patience: Duration::from_secs(30),
        };
        assert_eq!(location, expected);
        assert_eq!(location.to_string(), "s3://bucket/prefix at http://127.0.0.1:3900");
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let plain = S3Location::parse("s3://my.bucket-1").unwrap();
        assert_eq!((plain.prefix.as_str(), plain.path_style, &plain.endpoint), ("", false, &None));
        assert_eq!(plain.to_string(), "s3://my.bucket-1/");
        let all = "s3://buc/a/b/?endpoint=https%3A%2F%2Fs3.example.org%2Fv1%2F&path_style=false&checksums=required&part_mib=5&patience_s=2";
        let all = S3Location::parse(all).unwrap();
        assert_eq!(all.endpoint.as_deref(), Some("https://s3.example.org/v1"));
        assert_eq!((all.prefix.as_str(), all.path_style, all.checksums), ("a/b/", false, Checksums::Required));
        assert_eq!((all.part_bytes, all.patience), (5 * MIB, Duration::from_secs(2)));
        assert!(S3Location::parse("s3://buc?endpoint=http://h").unwrap().path_style);
    }

    #[test]
    fn credentials_are_refused_and_not_repeated() {
        for text in [
            "s3://AKIDEXAMPLE:hunter2@bucket/prefix",
            "s3://AKIDEXAMPLE@bucket",
            "s3://bucket?access_key=AKIDEXAMPLE&secret_key=hunter2",
            "s3://bucket?endpoint=http://AKIDEXAMPLE:hunter2@127.0.0.1:3900",
        ] {
            let message = refused(text);
            assert!(message.contains("AWS variables") || message.contains("AWS_ACCESS_KEY_ID"), "{message}");
            assert!(!message.contains("hunter2") && !message.contains("AKIDEXAMPLE"), "{message}");
        }
    }

    #[test]
    fn an_unknown_key_is_told_the_known_ones() {
        let message = refused("s3://bucket?endpont=http://h");
        for key in KEYS.iter().chain(&["endpont"]) {
            assert!(message.contains(&format!("`{key}`")), "{message}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, says) in [
            ("/var/store", "no URL"),
            ("http://bucket/prefix", "s3://"),
            ("s3://", "bucket"),
            ("s3://b/x", "bucket"),
            ("s3://Bucket_1/x", "bucket"),
            ("s3://bucket:80/x", "endpoint="),
            ("s3://bucket/x#y", "endpoint="),
            ("s3://bucket/a//b", "prefix"),
            ("s3://bucket/.a", "prefix"),
            ("s3://bucket/a b", "prefix"),
            ("s3://bucket?endpoint=127.0.0.1:3900", "endpoint"),
            ("s3://bucket?endpoint=ftp://h", "endpoint"),
            ("s3://bucket?region=", "region"),
            ("s3://bucket?region=a/b", "region"),
            ("s3://bucket?path_style=yes", "path_style"),
            ("s3://bucket?checksums=none", "checksums"),
            ("s3://bucket?part_mib=4", "part_mib"),
            ("s3://bucket?patience_s=0", "patience_s"),
            ("s3://bucket?region=a&region=b", "twice"),
        ] {
            let message = refused(text);
            assert!(message.contains(says), "{text}: {message}");
        }
        assert!(refused(&format!("s3://bucket/{}", "a/".repeat(150))).contains("longer"));
    }
}
