//! Where MySQL and the plugins are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Which pair of libraries a server loads from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plugins {
    /// Those of this project.
    Ours,
    /// Those that came with the server.
    Stock,
}

impl Plugins {
    /// The word for them.
    pub fn word(self) -> &'static str {
        match self {
            Plugins::Ours => "ours",
            Plugins::Stock => "stock",
        }
    }
}

/// A MySQL 9.7 and this project's libraries.
#[derive(Debug)]
pub struct Installation {
    root: PathBuf,
    ours: PathBuf,
}

impl Installation {
    /// The one the environment names.
    ///
    /// # Panics
    /// When `SEMISYNC_MYSQL_ROOT` or `SEMISYNC_PLUGIN_DIR` is missing or leads nowhere: these
    /// tests prove nothing without them.
    pub fn get() -> &'static Installation {
        static FOUND: OnceLock<Installation> = OnceLock::new();
        FOUND.get_or_init(|| {
            let installation = Installation {
                root: directory(
                    "SEMISYNC_MYSQL_ROOT",
                    "a directory with MySQL 9.7 installed",
                ),
                ours: directory("SEMISYNC_PLUGIN_DIR", "the directory of our two libraries"),
            };
            for file in [
                installation.server(),
                installation.library(Plugins::Ours, SOURCE),
            ] {
                assert!(file.is_file(), "{} is missing", file.display());
            }
            installation
        })
    }

    /// One of the two libraries, [`SOURCE`] or [`REPLICA`].
    pub fn library(&self, plugins: Plugins, name: &str) -> PathBuf {
        match plugins {
            Plugins::Ours => self.ours.join(name),
            Plugins::Stock => self.root.join("usr/lib/mysql/plugin").join(name),
        }
    }

    /// A command that runs the server with an option file.
    ///
    /// A private root brings its own C library, so its server is started by its own loader.
    pub fn server_command(&self, option_file: &Path) -> Command {
        let loader = self.root.join("lib64/ld-linux-x86-64.so.2");
        let mut command = if self.root == Path::new("/") || !loader.exists() {
            Command::new(self.server())
        } else {
            let libraries = self.root.join("usr/lib/x86_64-linux-gnu");
            let mut command = Command::new(loader);
            command
                .arg("--library-path")
                .arg(libraries)
                .arg(self.server());
            command
        };
        command
            .arg(format!("--defaults-file={}", option_file.display()))
            .stdin(Stdio::null());
        command
    }

    /// Lines of the option file that every start of the server needs.
    pub fn common_options(&self) -> Vec<String> {
        let usr = self.root.join("usr");
        vec![
            format!("basedir={}", usr.display()),
            format!("lc-messages-dir={}", usr.join("share/mysql").display()),
            format!(
                "character-sets-dir={}",
                usr.join("share/mysql/charsets").display()
            ),
            "secure-file-priv=NULL".to_owned(),
            // A server started by root must be told so.
            "user=root".to_owned(),
        ]
    }

    /// A data directory as initialisation leaves it; to be copied.
    ///
    /// # Panics
    /// When the server cannot make it.
    pub fn data_template(&self) -> &'static Path {
        static MADE: OnceLock<PathBuf> = OnceLock::new();
        MADE.get_or_init(|| {
            let parent = super::scratch::scratch_parent(false);
            let template = parent.join("template");
            let mut options = self.common_options();
            options.push("innodb-redo-log-capacity=16M".to_owned());
            options.push(format!("datadir={}", template.display()));
            let option_file = parent.join("template.cnf");
            let text = format!("[mysqld]\n{}\n", options.join("\n"));
            fs::write(&option_file, text).expect("the option file can be written");
            let output = self
                .server_command(&option_file)
                .arg("--initialize-insecure")
                .output()
                .expect("the server program starts");
            let log = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "initialisation failed:\n{log}");
            self.make_keys(&option_file, &parent.join("template.sql"));
            // Each server makes an identity of its own.
            let _ = fs::remove_file(template.join("auto.cnf"));
            template
        })
    }

    /// The first start makes the keys for encryption, which takes longer than all else in it.
    fn make_keys(&self, option_file: &Path, statements: &Path) {
        fs::write(statements, "SHUTDOWN;\n").expect("the statements can be written");
        let output = self
            .server_command(option_file)
            .args(["--skip-networking", "--mysqlx=OFF", "--skip-log-bin"])
            .arg(format!(
                "--socket={}",
                statements.with_extension("s").display()
            ))
            .arg(format!(
                "--pid-file={}",
                statements.with_extension("pid").display()
            ))
            .arg(format!("--init-file={}", statements.display()))
            .output()
            .expect("the server program starts");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the first start failed:\n{log}");
    }

    /// Where MySQL is.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    fn server(&self) -> PathBuf {
        self.root.join("usr/sbin/mysqld")
    }
}

fn directory(variable: &str, what: &str) -> PathBuf {
    let value = std::env::var_os(variable);
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        panic!("{variable} is not set; it names {what} (cargo xtask test sets it)");
    };
    let path = PathBuf::from(value);
    match path.canonicalize() {
        Ok(path) => path,
        Err(error) => panic!("{variable}: {}: {error}", path.display()),
    }
}

/// The source's library.
pub(crate) const SOURCE: &str = "semisync_source.so";

/// The replica's library.
pub(crate) const REPLICA: &str = "semisync_replica.so";
