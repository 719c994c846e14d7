//! A RabbitMQ node.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use crate::ports;

/// The script that runs a node; `./dev services` runs its own with it as well.
const NODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rabbitmq-node");
/// A node starts within 10 s on two free cores.
const START_BOUND: Duration = Duration::from_secs(120);
const STOP_BOUND: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The user of a node, who may do anything in its virtual host.
pub const USER: &str = "fleet-user";
/// The user's password; it has to be percent-encoded in an address.
pub const PASSWORD: &str = "pass/word@8";
/// The virtual host of a node.
pub const VHOST: &str = "media";

/// How a node differs from one as it is installed.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How long a message may be held, looked at every second; as installed 30 min, looked at every minute.
    pub ack_timeout: Option<Duration>,
}

/// A node of RabbitMQ in a folder of its own; killed and removed when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct RabbitMq {
    folder: TempDir,
    port: u16,
    distribution_port: u16,
    epmd_port: u16,
    /// The leader of the process group of everything that runs.
    group: Option<Child>,
}

impl RabbitMq {
    /// Starts a node and waits until it serves.
    ///
    /// # Panics
    /// When RabbitMQ is not installed or does not start.
    pub fn start(options: &Options) -> Self {
        assert!(
            Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server").exists(),
            "RabbitMQ is not installed: ./dev setup installs it"
        );
        let folder = TempDir::with_prefix("bookend-rabbitmq-").expect("a temporary folder can be made");
        let [port, distribution_port, epmd_port] = ports::free();
        write(&folder.path().join("rabbitmq.conf"), &configuration(port));
        write(&folder.path().join("advanced.config"), &advanced(options));
        let mut this = Self { folder, port, distribution_port, epmd_port, group: None };
        this.restart();
        this
    }

    /// The address for [`USER`], with the credentials.
    pub fn address(&self) -> String {
        self.address_through(self.port)
    }

    /// The address with another port, of something that forwards to the node's.
    pub fn address_through(&self, port: u16) -> String {
        let password = PASSWORD.replace('/', "%2F").replace('@', "%40");
        format!("amqp://{USER}:{password}@127.0.0.1:{port}/{VHOST}")
    }

    /// The port that it listens on for AMQP.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it, as a power cut would.
    pub fn kill(&mut self) {
        let Some(mut group) = self.group.take() else { return };
        // It may have ended by itself.
        let _ = kill_process_group(pid(&group), Signal::KILL);
        group.wait().expect("a child can be waited for");
    }

    /// Stops it in good order.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&mut self) {
        let Some(group) = &mut self.group else { return };
        let text = fs::read_to_string(self.folder.path().join("pid")).expect("a running node has a pid file");
        let node = text.trim().parse().ok().and_then(Pid::from_raw).expect("a pid file holds a pid");
        kill_process(node, Signal::TERM).expect("a running node can be told to stop");
        let deadline = Instant::now() + STOP_BOUND;
        while group.try_wait().expect("a child can be asked").is_none() {
            assert!(Instant::now() < deadline, "RabbitMQ does not stop: {}", self.log());
            sleep(LOOK_EVERY);
        }
        self.group = None;
    }

    /// Starts it again after it was killed or stopped, with what it had stored, and waits until it serves.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.kill();
        let mut command = self.command("serve-once");
        // Its standard input ends with this process, however that ends; then it kills itself and removes the folder.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        self.group = Some(command.spawn().expect("the node's script can be run"));
        let deadline = Instant::now() + START_BOUND;
        while !self.serves() {
            let group = self.group.as_mut().expect("it was started above");
            let ended = group.try_wait().expect("a child can be asked");
            assert!(ended.is_none() && Instant::now() < deadline, "RabbitMQ does not start: {}", self.log());
            sleep(LOOK_EVERY);
        }
    }

    /// Runs `rabbitmqctl` and gives what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub fn ctl(&self, arguments: &[&str]) -> String {
        let output = self.command("ctl").args(arguments).output().expect("the node's script can be run");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(NODE);
        command.arg(what).arg(self.folder.path());
        command.args([self.port, self.distribution_port, self.epmd_port].map(|port| port.to_string()));
        command
    }

    /// Whether it answers AMQP's opening.
    fn serves(&self) -> bool {
        let opened = || -> std::io::Result<u8> {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"AMQP\x00\x00\x09\x01")?;
            let mut frame = [0];
            stream.read_exact(&mut frame)?;
            Ok(frame[0])
        };
        opened().is_ok_and(|frame| frame == 1)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log/console")).unwrap_or_default()
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        self.kill();
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a temporary folder can be written to");
}

fn configuration(port: u16) -> String {
    format!(
        "listeners.tcp.local = 127.0.0.1:{port}\n\
         default_user = {USER}\ndefault_pass = {PASSWORD}\ndefault_vhost = {VHOST}\n\
         disk_free_limit.absolute = 50MB\nlog.file.level = warning\n"
    )
}

fn advanced(options: &Options) -> String {
    match options.ack_timeout {
        Some(timeout) => {
            format!("[{{rabbit, [{{consumer_timeout, {}}}, {{channel_tick_interval, 1000}}]}}].\n", timeout.as_millis())
        }
        None => "[].\n".to_owned(),
    }
}
