//! The program as a process of its own: killed, asked to stop, or run twice on one database.
use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use super::TestApp;

pub struct Program {
    pub child: Child,
    pub address: SocketAddr,
    /// What it prints on standard output
    lines: Lines<BufReader<ChildStdout>>,
}

/// `palm` with this test's tables, keys and files.
pub fn palm(test: &TestApp) -> Command {
    let place = test.place();
    let mut command = Command::new(env!("CARGO_BIN_EXE_palm"));
    command.args(["--bind", "127.0.0.1:0", "--requests-per-minute", "0", "--database-url", &place.url]);
    command.arg("--files-dir").arg(place.path().join("files"));
    command.arg("--keys-dir").arg(place.path().join("keys"));
    // The tests' own PostgreSQL runs without fsync; a killed program loses nothing by that.
    if place.is_postgres() {
        command.arg("--unsafe-database");
    }
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

impl Program {
    /// `palm serve` on this test's tables.
    pub fn serve(test: &TestApp) -> Self {
        Self::start(palm(test).arg("serve"))
    }

    /// Waits until it says where it listens.
    pub fn start(command: &mut Command) -> Self {
        let mut program = Self::spawn(command);
        let line = program.line("listening on http://");
        program.address = line.parse().unwrap();
        program
    }

    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, address: ([127, 0, 0, 1], 0).into(), lines }
    }

    /// The rest of the next line that begins so.
    pub fn line(&mut self, start: &str) -> String {
        let mut found = self.lines.by_ref().map_while(Result::ok);
        found.find_map(|line| line.strip_prefix(start).map(str::to_owned)).expect("the program ended")
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
