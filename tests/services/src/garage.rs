//! Garage, an S3-compatible store, as a single node with a bucket and a key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crate::ports;

/// The access key that may do everything in the bucket.
pub const ACCESS_KEY: &str = "GK0123456789abcdef01234567";
/// Its secret.
pub const SECRET_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// The bucket.
pub const BUCKET: &str = "bookend-tests";
/// The region that requests are signed for.
pub const REGION: &str = "garage";

const RPC_SECRET: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";
const START_LIMIT: Duration = Duration::from_secs(30);
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Runs Garage until standard input ends, which it does when the test program does, however that happens.
const KEEPER: &str = r#"
"$1" -c "$2/garage.toml" server --single-node --default-bucket >"$2/log" 2>&1 &
read -r _
kill -9 $! 2>/dev/null
wait
rm -rf "$2"
"#;

/// A Garage of this test program; gone with its data when dropped, or when the program ends in any way.
#[derive(Debug)]
pub struct Garage {
    keeper: Child,
    folder: PathBuf,
    port: u16,
}

impl Garage {
    /// Starts one on free ports and waits until its bucket can be used.
    pub fn start() -> Self {
        let program = program();
        let folder = tempfile::Builder::new().prefix("bookend-garage-").tempdir().unwrap().keep();
        let [port, rpc] = ports::free();
        fs::write(folder.join("garage.toml"), configuration(&folder, port, rpc)).unwrap();
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .args([&program, &folder])
            .env("GARAGE_DEFAULT_ACCESS_KEY", ACCESS_KEY)
            .env("GARAGE_DEFAULT_SECRET_KEY", SECRET_KEY)
            .env("GARAGE_DEFAULT_BUCKET", BUCKET)
            .stdin(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let garage = Self { keeper, folder, port };
        let started = Instant::now();
        while garage.try_run(&["bucket", "info", BUCKET]).is_err() || !garage.listens() {
            if started.elapsed() > START_LIMIT {
                let log = fs::read_to_string(garage.folder.join("log")).unwrap_or_default();
                panic!("Garage is not usable after {START_LIMIT:?}; its log:\n{log}");
            }
            thread::sleep(LOOK_PAUSE);
        }
        garage
    }

    /// The one that the tests of a program share; each uses a prefix of its own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Garage> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Where it answers S3 requests.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs a command of Garage's own command line, as the one who runs the store; returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        self.try_run(arguments).unwrap_or_else(|said| panic!("garage {arguments:?} failed: {said}"))
    }

    fn try_run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(program())
            .arg("-c")
            .arg(self.folder.join("garage.toml"))
            .args(arguments)
            .env("RUST_LOG", "error")
            .output()
            .expect("the program has been started before");
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    fn listens(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }
}

impl Drop for Garage {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Where `./dev setup` puts programs for the tests.
fn program() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .filter(|cache| !cache.is_empty())
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache"), PathBuf::from);
    let program = cache.join("bookend/tools/bin/garage");
    assert!(
        program.is_file(),
        "these tests need Garage and there is no {}: `./dev setup` installs it",
        program.display()
    );
    program
}

fn configuration(folder: &Path, port: u16, rpc: u16) -> String {
    let folder = folder.display();
    format!(
        r#"metadata_dir = "{folder}/meta"
data_dir = "{folder}/data"
db_engine = "lmdb"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:{rpc}"
rpc_public_addr = "127.0.0.1:{rpc}"
rpc_secret = "{RPC_SECRET}"

[s3_api]
s3_region = "{REGION}"
api_bind_addr = "127.0.0.1:{port}"
"#
    )
}
