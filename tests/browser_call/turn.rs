//! A TURN server of Debian's (coturn) on this machine.

use super::server::root;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const TURNSERVER: &str = "/usr/bin/turnserver";
const READY_MAX: Duration = Duration::from_secs(20);
/// Who may use it.
pub const USERNAME: &str = "candor";
pub const PASSWORD: &str = "of-this-test-alone";

/// It ends with this value.
pub struct Turn {
    child: Child,
    folder: PathBuf,
    pub port: u16,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Turn {
    /// A server that is ready. Where this machine has none, it is said loudly.
    pub fn start() -> Option<Turn> {
        if !PathBuf::from(TURNSERVER).is_file() {
            eprintln!("SKIPPED: no {TURNSERVER}: scripts/test installs it");
            return None;
        }
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let folder = root().join("target/tmp").join(format!("turn-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let log = fs::File::create(folder.join("log")).expect("a log");
        let child = Command::new(TURNSERVER)
            .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--lt-cred-mech", "--realm", "candor.test"])
            // Its addresses are no other's: who may send to one of them is known by the address alone.
            .args(["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.2", "--allow-loopback-peers"])
            .args(["--listening-port", &port.to_string(), "--user", &format!("{USERNAME}:{PASSWORD}")])
            .args(["--log-file", "stdout", "--verbose", "--simple-log", "--pidfile"])
            .arg(folder.join("pid"))
            .arg("--userdb")
            .arg(folder.join("users"))
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut turn = Turn { child, folder, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = turn.child.try_wait().expect("it can be asked");
            assert!(ended.is_none() && began.elapsed() < READY_MAX, "coturn: {ended:?}: {}", turn.log());
            std::thread::yield_now();
        }
        Some(turn)
    }

    /// What it says it did.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}
