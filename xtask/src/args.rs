//! What may be typed after `cargo xtask`, and its help text.

use std::fmt;

use crate::{parts::Part, proofs::Proof};

/// The text of `cargo xtask help`.
pub(crate) const HELP: &str = "\
usage: cargo xtask COMMAND

  serve [--port N] [--no-open]   build the page and serve it on this machine
  build                          write the finished static site into dist/
  test [OPTION ...] [PART ...]   run all tests, or the named parts:
                                   tidy native wasm page plugins
      --without-mysql              leave out what needs a real MySQL server
      --without-browser            leave out what needs a browser
  plugin                         build semisync_source.so and semisync_replica.so
  mysqld root                    make (or show) the private MySQL 9.7 root
  mysqld pair                    start a throwaway source and replica with the plugins loaded
  record [ARGUMENT ...]          play lab scripts on real MySQL servers (record --help says more)
  labs [ARGUMENT ...]            play all labs in three arms: the virtual cluster, real servers with
                                 stock plugins and with ours, and print the differences
                                 (--arms virtual,stock,ours, --jobs N, --sample, FILE.lab ...)
  crash [ARGUMENT ...]           kill sources under load and compare with what clients were told
  mtr [ARGUMENT ...]             MySQL's own semisynchronous tests against our plugins
                                 (crash --help and mtr --help say more)
  interop                        every source with every replica over every connection
  cycles [N] [--plugins stock]   install and uninstall the plugins N times (1,000) under load
  valgrind [--plugins stock] [--control]
                                 a source and a replica under memcheck
  bench-server [--quick | --one] our plugins measured beside the stock ones and beside none
  soak [--seeds N] [--first SEED] [--jobs N] [--out DIR] [--no-shrink]
                                 run random labs with faults, watched by the checkers; what
                                 breaks a property becomes a short lab in target/soak
  tidy                           formatting, lints, dependency edges and other house rules
  bench [FILTER ...]             run the benchmarks
  bench --wasm                   run the cluster's, compiled as the page is, in node
  bench --page                   measure the page's frames in a browser
  help                           this text

environment:
  SEMISYNC_TOOLS        where tools are installed (default: target/tools)
  SEMISYNC_MYSQL_ROOT   a directory with MySQL 9.7 to chroot into, or / for an installed one
  SEMISYNC_WASM         rustup or debian: which Rust toolchain builds the page
  CHROMIUM, CHROMEDRIVER  the browser and its driver, when they are not on the PATH";

/// One command with its options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Serve(ServeOptions),
    Build,
    Test(TestOptions),
    Plugin,
    Mysqld(MysqldCommand),
    Record(Vec<String>),
    Labs(Vec<String>),
    Proof(Proof, Vec<String>),
    Soak(Vec<String>),
    Tidy,
    Bench(Vec<String>),
}

/// How to serve the page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServeOptions {
    /// The port to listen on; `None` takes 8080 or the next free one.
    pub(crate) port: Option<u16>,
    /// Whether to open the page in the user's browser.
    pub(crate) open: bool,
}

/// What to test.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestOptions {
    pub(crate) without_mysql: bool,
    pub(crate) without_browser: bool,
    /// The parts to run; empty means all.
    pub(crate) parts: Vec<Part>,
}

/// What to do with the private MySQL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MysqldCommand {
    Root,
    Pair,
}

/// Something typed that is no command; the text says what.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the arguments after `cargo xtask`.
pub(crate) fn parse(arguments: &[String]) -> Result<Command, UsageError> {
    let Some((name, rest)) = arguments.split_first() else {
        return Ok(Command::Help);
    };
    let command = match name.as_str() {
        "help" | "--help" | "-h" => return Ok(Command::Help),
        "serve" => return parse_serve(rest).map(Command::Serve),
        "test" => return parse_test(rest).map(Command::Test),
        "mysqld" => return parse_mysqld(rest).map(Command::Mysqld),
        "record" => return Ok(Command::Record(rest.to_vec())),
        "labs" => return Ok(Command::Labs(rest.to_vec())),
        "soak" => return Ok(Command::Soak(rest.to_vec())),
        "bench" => return Ok(Command::Bench(rest.to_vec())),
        "build" => Command::Build,
        "plugin" => Command::Plugin,
        "tidy" => Command::Tidy,
        other => match Proof::from_name(other) {
            Some(proof) => return Ok(Command::Proof(proof, rest.to_vec())),
            None => return Err(UsageError(format!("there is no command `{other}`"))),
        },
    };
    match rest.first() {
        None => Ok(command),
        Some(extra) => Err(UsageError(format!(
            "`{name}` takes no argument, got `{extra}`"
        ))),
    }
}

fn parse_serve(rest: &[String]) -> Result<ServeOptions, UsageError> {
    let mut options = ServeOptions {
        port: None,
        open: true,
    };
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--no-open" => options.open = false,
            "--port" => {
                let value = words.next().map(String::as_str).unwrap_or_default();
                let port = value.parse().map_err(|_| {
                    UsageError(format!(
                        "--port takes a number from 0 to 65535, got `{value}`"
                    ))
                })?;
                options.port = Some(port);
            }
            other => return Err(UsageError(format!("`serve` does not know `{other}`"))),
        }
    }
    Ok(options)
}

fn parse_test(rest: &[String]) -> Result<TestOptions, UsageError> {
    let mut options = TestOptions::default();
    for word in rest {
        match word.as_str() {
            "--without-mysql" => options.without_mysql = true,
            "--without-browser" => options.without_browser = true,
            name => match Part::from_name(name) {
                Some(part) => options.parts.push(part),
                None => return Err(UsageError(format!("`test` has no part or option `{name}`"))),
            },
        }
    }
    Ok(options)
}

fn parse_mysqld(rest: &[String]) -> Result<MysqldCommand, UsageError> {
    match rest {
        [word] if word == "root" => Ok(MysqldCommand::Root),
        [word] if word == "pair" => Ok(MysqldCommand::Pair),
        _ => Err(UsageError(
            "`mysqld` takes one word: root or pair".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<Command, &str>) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        assert_eq!(
            parse(&words),
            expected.map_err(|text| UsageError(text.to_owned())),
            "{line}"
        );
    }

    #[test]
    fn commands_without_options() {
        check("", Ok(Command::Help));
        check("help", Ok(Command::Help));
        check("build", Ok(Command::Build));
        check("plugin", Ok(Command::Plugin));
        check("tidy", Ok(Command::Tidy));
        check("mysqld root", Ok(Command::Mysqld(MysqldCommand::Root)));
        check("mysqld pair", Ok(Command::Mysqld(MysqldCommand::Pair)));
        check(
            "labs --sample",
            Ok(Command::Labs(vec!["--sample".to_owned()])),
        );
        check(
            "crash --rounds 5",
            Ok(Command::Proof(
                Proof::Crash,
                vec!["--rounds".to_owned(), "5".to_owned()],
            )),
        );
        let seeds = ["--seeds".to_owned(), "9".to_owned()];
        check("soak --seeds 9", Ok(Command::Soak(seeds.to_vec())));
        check("bench wire", Ok(Command::Bench(vec!["wire".to_owned()])));
    }

    #[test]
    fn serve_takes_a_port_and_can_leave_the_browser_alone() {
        check(
            "serve",
            Ok(Command::Serve(ServeOptions {
                port: None,
                open: true,
            })),
        );
        check(
            "serve --port 0 --no-open",
            Ok(Command::Serve(ServeOptions {
                port: Some(0),
                open: false,
            })),
        );
        check(
            "serve --port",
            Err("--port takes a number from 0 to 65535, got ``"),
        );
        check(
            "serve --port 70000",
            Err("--port takes a number from 0 to 65535, got `70000`"),
        );
        check("serve now", Err("`serve` does not know `now`"));
    }

    #[test]
    fn test_takes_parts_and_what_to_leave_out() {
        check("test", Ok(Command::Test(TestOptions::default())));
        check(
            "test --without-mysql tidy wasm --without-browser",
            Ok(Command::Test(TestOptions {
                without_mysql: true,
                without_browser: true,
                parts: vec![Part::Tidy, Part::Wasm],
            })),
        );
        check(
            "test everything",
            Err("`test` has no part or option `everything`"),
        );
    }

    #[test]
    fn unknown_words_are_refused() {
        check("deploy", Err("there is no command `deploy`"));
        check("build dist", Err("`build` takes no argument, got `dist`"));
        check("mysqld", Err("`mysqld` takes one word: root or pair"));
        check(
            "mysqld root now",
            Err("`mysqld` takes one word: root or pair"),
        );
    }

    #[test]
    fn the_help_names_every_part_and_proof() {
        for part in Part::ALL {
            assert!(HELP.contains(part.name()), "{}", part.name());
        }
        for proof in Proof::ALL {
            assert!(HELP.contains(proof.name()), "{}", proof.name());
        }
    }
}
