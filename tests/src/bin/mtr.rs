//! Runs MySQL's own semisynchronous tests: `cargo xtask mtr`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use semisync_tests::mtr::{
    Format, Libraries, Report, Run, TestName, TestResult, Verdict, is_declared, tests_below,
};
use semisync_tests::servers::fault_libraries;

const USAGE: &str = "\
usage: mtr [--plugins ours|stock] [--format row|statement|mixed|all] [--jobs N] [SUITE.TEST ...]
       mtr --control [SUITE.TEST ...]

Runs all tests of MySQL's own suite that load the semisynchronous plugins, or those that are named,
against our libraries or the stock ones, and prints a table. With --control it runs them twice against
broken libraries, one that sends no ACK and a pair in which each has the other's name, and prints
which tests notice: every suite must.
";

fn main() -> ExitCode {
    match Wish::parse(std::env::args().skip(1)).and_then(|wish| wish.map_or(Ok(true), Wish::grant))
    {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mtr: {error:#}");
            ExitCode::FAILURE
        }
    }
}

struct Wish {
    stock: bool,
    control: bool,
    formats: Vec<Format>,
    jobs: u32,
    tests: Vec<TestName>,
}

impl Wish {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Wish>> {
        let mut wish = Wish {
            stock: false,
            control: false,
            formats: vec![Format::Row],
            jobs: 4,
            tests: Vec::new(),
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--help" => {
                    print!("{USAGE}");
                    return Ok(None);
                }
                "--control" => wish.control = true,
                "--jobs" => wish.jobs = value()?.parse()?,
                "--plugins" => {
                    wish.stock = match value()?.as_str() {
                        "ours" => false,
                        "stock" => true,
                        other => bail!("`{other}` is none of ours, stock"),
                    }
                }
                "--format" => wish.formats = formats(&value()?)?,
                test => match TestName::parse(test) {
                    Some(name) if !test.starts_with('-') => wish.tests.push(name),
                    _ => bail!("unexpected {test}\n{USAGE}"),
                },
            }
        }
        Ok(Some(wish))
    }

    fn grant(self) -> Result<bool> {
        let root = directory("SEMISYNC_MYSQL_ROOT")?;
        let ours = directory("SEMISYNC_PLUGIN_DIR")?;
        let tests = match self.tests.is_empty() {
            true => tests_below(&root)?,
            false => self.tests,
        };
        let run = Run {
            root,
            libraries: match self.stock {
                true => Libraries::Stock,
                false => Libraries::From(ours.clone()),
            },
            format: Format::Row,
            tests,
            parallel: self.jobs,
            minutes: 15,
            environment: Vec::new(),
        };
        if self.control {
            return control(run, ours);
        }
        let mut is_good = true;
        for format in self.formats {
            let report = carry_out(&Run {
                format,
                ..run.clone()
            })?;
            println!(
                "\n## {} format\n\n{}",
                format.word(),
                table(&report.results)
            );
            let is_declared = |result: &TestResult| is_declared(result, &report.output);
            for result in report.results.iter().filter(|result| is_declared(result)) {
                println!("{} differs as declared", result.test);
            }
            let is_bad =
                |result: &TestResult| result.verdict == Verdict::Failed && !is_declared(result);
            if report.results.iter().any(is_bad) {
                is_good = false;
                println!("{}", report.output);
            }
        }
        Ok(is_good)
    }
}

/// Runs with libraries that are broken in two ways; good when tests of every suite fail.
fn control(mut run: Run, ours: PathBuf) -> Result<bool> {
    run.minutes = 2;
    let silent = Run {
        libraries: Libraries::From(fault_libraries()),
        environment: vec![("SEMISYNC_FAULT".to_owned(), "after_queue_event".to_owned())],
        ..run.clone()
    };
    let swapped = Run {
        libraries: Libraries::Swapped(ours),
        ..run
    };
    let mut is_good = true;
    for (name, run) in [
        ("no ACK is sent", silent),
        ("nothing can be loaded", swapped),
    ] {
        let report = carry_out(&run)?;
        println!("\n## Control: {name}\n\n{}", table(&report.results));
        for (suite, failed) in failures_by_suite(&report) {
            println!("{suite}: {failed} failed");
            // A replica that sends no ACK is not seen by tests of variables.
            is_good &= 0 < failed || (name == "no ACK is sent" && !suite.starts_with("rpl"));
        }
    }
    Ok(is_good)
}

fn failures_by_suite(report: &Report) -> BTreeMap<&str, usize> {
    let mut suites = BTreeMap::new();
    for result in &report.results {
        let failed = suites.entry(result.test.suite.as_str()).or_default();
        match result.verdict {
            Verdict::Failed => *failed += 1,
            Verdict::Passed(_) | Verdict::Skipped(_) => {}
        }
    }
    suites
}

fn carry_out(run: &Run) -> Result<Report> {
    run.carry_out(|result| println!("{}", line(result)))
}

fn line(result: &TestResult) -> String {
    let verdict = match &result.verdict {
        Verdict::Passed(ms) => format!("passed | {:.1} s", *ms as f64 / 1000.0),
        Verdict::Skipped(why) => format!("skipped | {why}"),
        Verdict::Failed => "**FAILED** | ".to_owned(),
    };
    format!("| {} | {} | {verdict} |", result.test, result.combination)
}

fn table(results: &[TestResult]) -> String {
    let mut lines: Vec<String> = results.iter().map(line).collect();
    lines.sort();
    let count = |is_it: fn(&Verdict) -> bool| {
        results
            .iter()
            .filter(|result| is_it(&result.verdict))
            .count()
    };
    format!(
        "| test | combination | result | |\n|---|---|---|---|\n{}\n\n{} passed, {} skipped, {} failed",
        lines.join("\n"),
        count(|verdict| matches!(verdict, Verdict::Passed(_))),
        count(|verdict| matches!(verdict, Verdict::Skipped(_))),
        count(|verdict| matches!(verdict, Verdict::Failed)),
    )
}

fn formats(word: &str) -> Result<Vec<Format>> {
    if word == "all" {
        return Ok(Format::ALL.to_vec());
    }
    let format = Format::ALL.into_iter().find(|format| format.word() == word);
    Ok(vec![format.with_context(|| {
        format!("`{word}` is none of row, statement, mixed, all")
    })?])
}

fn directory(variable: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable).filter(|value| !value.is_empty());
    let path = PathBuf::from(path.with_context(|| format!("{variable} is not set"))?);
    ensure!(
        path.is_dir(),
        "{variable}: {} is no directory",
        path.display()
    );
    Ok(path.canonicalize()?)
}
