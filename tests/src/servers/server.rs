//! One server.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::installation::{Installation, Plugins, REPLICA, SOURCE};
use super::memcheck;
use super::scratch::{die_with_this_thread, scratch_parent};
use super::session::Session;
use super::wait::{wait_for, wait_until};

/// A running server. It ends with this value, and its files with it.
#[derive(Debug)]
pub struct Server {
    name: String,
    directory: PathBuf,
    port: u16,
    options: ServerOptions,
    process: Option<Child>,
}

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Whose source library its plugin directory has.
    pub source: Plugins,
    /// Whose replica library its plugin directory has.
    pub replica: Plugins,
    /// More lines of the option file.
    pub more: Vec<String>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// A directory with other libraries of ours than the installation's.
    pub libraries: Option<PathBuf>,
    /// Whether its files must be on a disk; else they are in memory if there is room.
    pub on_disk: bool,
    /// Where its data lies, if not with its other files.
    pub data: Option<PathBuf>,
    /// Whether it runs under valgrind's memcheck.
    pub under_memcheck: bool,
}

impl ServerOptions {
    /// Both libraries of one pair.
    pub fn of(plugins: Plugins) -> ServerOptions {
        ServerOptions {
            source: plugins,
            replica: plugins,
            more: Vec::new(),
            environment: Vec::new(),
            libraries: None,
            on_disk: false,
            data: None,
            under_memcheck: false,
        }
    }

    /// With one more option.
    #[must_use]
    pub fn with(mut self, option: &str) -> ServerOptions {
        self.more.push(option.to_owned());
        self
    }
}

impl Server {
    /// Starts a server, and does not wait for it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn launch(name: &str, options: ServerOptions) -> Server {
        let installation = Installation::get();
        let template = installation.data_template();
        let directory = scratch_parent(options.on_disk).join(format!("{}-{name}", next_number()));
        fs::create_dir_all(&directory).expect("the server's directory can be made");
        let data = options.data.clone().unwrap_or(directory.join("data"));
        copy_tree(template, &data);
        let mut server = Server {
            name: name.to_owned(),
            directory,
            port: free_port(),
            options,
            process: None,
        };
        server.lay_out_libraries();
        server.launch_again();
        server
    }

    /// Starts a server and waits until it accepts connections.
    pub fn start(name: &str, options: ServerOptions) -> Server {
        let mut server = Server::launch(name, options);
        server.wait_until_ready();
        server
    }

    /// Waits until it accepts connections.
    ///
    /// # Panics
    /// When it ends, or does not come up in time.
    #[track_caller]
    pub fn wait_until_ready(&mut self) {
        let socket = self.socket();
        wait_until("the server accepts connections", self.start_time(), || {
            let process = self.process.as_mut().expect("the server was launched");
            let ended = process.try_wait().expect("the server is our child");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            Session::connect(&socket).is_ok()
        });
    }

    /// Waits until it accepts connections, or has ended: false.
    #[track_caller]
    pub fn comes_up(&mut self) -> bool {
        let socket = self.socket();
        wait_for("the server comes up or ends", self.start_time(), || {
            let process = self.process.as_mut().expect("the server was launched");
            if process
                .try_wait()
                .expect("the server is our child")
                .is_some()
            {
                return Some(false);
            }
            Session::connect(&socket).is_ok().then_some(true)
        })
    }

    /// A new session as root.
    ///
    /// # Panics
    /// When it cannot connect.
    #[track_caller]
    pub fn session(&self) -> Session {
        match Session::connect(&self.socket()) {
            Ok(session) => session,
            Err(error) => panic!("{}: {error:?}", self.name),
        }
    }

    /// Its TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its name, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process.
    ///
    /// # Panics
    /// When it does not run.
    #[track_caller]
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// Its error log so far.
    pub fn error_log(&self) -> String {
        let bytes = fs::read(self.directory.join("error.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Texts of the error log's lines with one of these numbers, in order.
    pub fn logged(&self, numbers: &[u32]) -> Vec<String> {
        let log = self.error_log();
        let tags: Vec<String> = numbers
            .iter()
            .map(|number| format!("[MY-{number:06}]"))
            .collect();
        let is_asked = |line: &&str| tags.iter().any(|tag| line.contains(tag.as_str()));
        log.lines()
            .filter(is_asked)
            .map(|line| without_time(line).to_owned())
            .collect()
    }

    /// How many lines of the error log have this number.
    pub fn count_logged(&self, number: u32) -> usize {
        self.logged(&[number]).len()
    }

    /// Puts another pair's library into the plugin directory, as one does under a running server:
    /// the file of this name is replaced, not written over.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn replace_library(&self, plugins: Plugins, name: &str) {
        let directory = self.directory.join("plugin");
        let new = directory.join("new");
        let library = Installation::get().library(plugins, name);
        fs::copy(library, &new).expect("a library can be copied");
        fs::rename(new, directory.join(name)).expect("a library can be moved");
    }

    /// Where its data lies.
    pub fn data_directory(&self) -> PathBuf {
        let data = self.options.data.clone();
        data.unwrap_or_else(|| self.directory.join("data"))
    }

    /// Ends it as a crash does.
    ///
    /// # Panics
    /// When it does not run.
    #[track_caller]
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the server runs");
        process.kill().expect("a child can be killed");
        process.wait().expect("the server is our child");
    }

    /// Starts it again after its end.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.launch_again();
        self.wait_until_ready();
    }

    /// Sends the signal to shut down in order; see [`Server::wait_for_end`].
    pub fn begin_shutdown(&self) {
        self.signal(libc::SIGTERM);
    }

    /// Waits until the process has ended.
    #[track_caller]
    pub fn wait_for_end(&mut self, within: Duration) -> ExitStatus {
        let process = self.process.as_mut().expect("the server runs");
        let status = wait_for("the server ends", within, || {
            process.try_wait().expect("the server is our child")
        });
        self.process = None;
        status
    }

    /// Stops it where it stands, until [`Server::resume`].
    pub fn freeze(&self) {
        self.signal(libc::SIGSTOP);
    }

    /// Lets it go on after [`Server::freeze`].
    pub fn resume(&self) {
        self.signal(libc::SIGCONT);
    }

    /// Shuts it down in order and starts it again.
    #[track_caller]
    pub fn restart(&mut self) {
        self.begin_shutdown();
        self.wait_for_end(self.start_time());
        self.start_again();
    }

    /// How often the process has a library mapped.
    pub fn mappings_of(&self, library: &str) -> usize {
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.process_id()));
        let maps = maps.unwrap_or_default();
        maps.lines().filter(|line| line.ends_with(library)).count()
    }

    fn start_time(&self) -> Duration {
        START_TIME * if self.options.under_memcheck { 15 } else { 1 }
    }

    fn signal(&self, signal: libc::c_int) {
        let process = libc::pid_t::try_from(self.process_id()).expect("a process id");
        // SAFETY: a plain system call on a child that has not been waited for.
        unsafe { libc::kill(process, signal) };
    }

    /// Starts it again after its end, and does not wait for it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn launch_again(&mut self) {
        self.write_option_file();
        let installation = Installation::get();
        let mut command = match self.options.under_memcheck {
            true => memcheck::command(installation, &self.option_file(), &self.memcheck_report()),
            false => installation.server_command(&self.option_file()),
        };
        command
            .envs(self.options.environment.iter().cloned())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        die_with_this_thread(&mut command);
        self.process = Some(command.spawn().expect("the server program starts"));
    }

    /// An option file, not a command line: without one the server ignores persisted values.
    fn write_option_file(&self) {
        let path = |name: &str| self.directory.join(name).display().to_string();
        let mut options = Installation::get().common_options();
        options.extend(QUICK.map(str::to_owned));
        options.extend([
            format!("datadir={}", self.data_directory().display()),
            format!("plugin-dir={}", path("plugin")),
            format!("socket={}", path("socket")),
            format!("pid-file={}", path("pid")),
            format!("log-error={}", path("error.log")),
            format!("port={}", self.port),
            format!("server-id={}", self.port),
        ]);
        options.extend_from_slice(&self.options.more);
        let text = format!("[mysqld]\n{}\n", options.join("\n"));
        fs::write(self.option_file(), text).expect("the option file can be written");
    }

    /// Where memcheck writes what it finds, all of it at the server's end.
    pub fn memcheck_report(&self) -> PathBuf {
        self.directory.join("memcheck.xml")
    }

    fn option_file(&self) -> PathBuf {
        self.directory.join("my.cnf")
    }

    fn lay_out_libraries(&self) {
        let plugin_dir = self.directory.join("plugin");
        fs::create_dir_all(&plugin_dir).expect("the plugin directory can be made");
        for (plugins, name) in [
            (self.options.source, SOURCE),
            (self.options.replica, REPLICA),
        ] {
            let library = match (&self.options.libraries, plugins) {
                (Some(libraries), Plugins::Ours) => libraries.join(name),
                (_, plugins) => Installation::get().library(plugins, name),
            };
            if let Err(error) = fs::copy(&library, plugin_dir.join(name)) {
                panic!("{}: {error}", library.display());
            }
        }
    }

    fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        if thread::panicking() {
            let log = self.error_log();
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
            eprintln!("--- error log of {} ---\n{}", self.name, last.join("\n"));
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A line of the error log from its label on.
fn without_time(line: &str) -> &str {
    line.find('[').map_or(line, |start| &line[start..])
}

/// A port nobody listens on. None of those that the system gives to outgoing connections: a server
/// that was killed must find its own free when it starts again.
fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const PORTS: u32 = 22_000;
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(2_654_435_761) % PORTS;
    for _ in 0..PORTS {
        let number = start.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % PORTS;
        let port = u16::try_from(FIRST + number).expect("a small number");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("there is no free port");
}

fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory can be made");
    for entry in fs::read_dir(from).expect("the template can be read") {
        let entry = entry.expect("the template can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
}

const START_TIME: Duration = Duration::from_secs(60);

const SHOWN_LINES: usize = 60;

/// Small and quiet, without giving up a log flush per commit.
const QUICK: [&str; 7] = [
    "bind-address=127.0.0.1",
    "mysqlx=OFF",
    "skip-name-resolve",
    "log-error-verbosity=3",
    "innodb-redo-log-capacity=16M",
    "innodb-buffer-pool-size=32M",
    // The system has a limit for all servers together.
    "innodb-use-native-aio=OFF",
];
