//! What a server's option file says, and what the server makes of it when it starts.

use std::collections::BTreeMap;

use semisync_core::Naming;
use semisync_core::variables::{Family, find_system_variable};

use super::Server;
use super::error_log::Line;
use crate::variables::{Ordinary, Setting, Settings, catalogue, ordinary};

/// An option file, understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) globals: Settings,
    /// `plugin-load`, `plugin-load-add`
    pub(crate) plugins: Vec<(Family, Naming)>,
    /// Lines of the semisynchronous plugins' variables.
    pub(crate) plugin_options: BTreeMap<String, Option<String>>,
    /// Lines such as `rpl_semi_sync_source=FORCE`: how to load a plugin.
    pub(crate) load_options: BTreeMap<&'static str, &'static str>,
    /// Counts ACKs as the stock plugin does; an option of the virtual cluster alone.
    pub(crate) counts_as_stock: bool,
    /// Takes an ACK of one replica for one of its neighbour too: a fault, for tests of the checkers.
    pub(crate) counts_for_neighbour: bool,
    /// Base name of the binary log.
    pub(crate) binlog_base: Option<String>,
}

impl Server {
    /// Reads the option file.
    ///
    /// # Errors
    /// With the lines the server writes to its error log before it gives up.
    pub(crate) fn read_options(&self) -> Result<Options, Vec<Line>> {
        let mut options = Options::default();
        let mut later = Vec::new();
        for (written, value) in self.options.iter() {
            let (name, is_loose) = normalised(written);
            match (name.as_str(), value.as_deref()) {
                ("plugin_load" | "plugin_load_add", Some(list)) => {
                    self.read_plugin_list(list, &mut options);
                }
                ("log_bin" | "bin_log", Some(base)) if !is_switch(base) => {
                    options.binlog_base = Some(base.rsplit('/').next().unwrap_or(base).to_owned());
                }
                ("skip_log_bin" | "disable_log_bin", _) => {
                    options
                        .globals
                        .set(ordinary!("log_bin"), Setting::Bool(false));
                }
                (COUNTING_FOR_NEIGHBOUR, _) if cfg!(feature = "defects") => {
                    options.counts_for_neighbour = true;
                }
                (STOCK_COUNTING, value) => {
                    options.counts_as_stock = value.is_none_or(|value| value != "0");
                }
                ("log_slave_updates", _) => {
                    set_ordinary(
                        &mut options.globals,
                        "log_replica_updates",
                        value.as_deref(),
                    );
                }
                ("skip_slave_start", _) => {
                    set_ordinary(&mut options.globals, "skip_replica_start", value.as_deref());
                }
                (name, _) if IGNORED.contains(&name) => {}
                (name, value) if catalogue::find(name).is_some() => {
                    if !set_ordinary(&mut options.globals, name, value) {
                        return Err(refused(written, value));
                    }
                }
                _ => later.push((written, name, is_loose, value)),
            }
        }
        for (written, name, is_loose, value) in later {
            let named = find_system_variable(self.generation, &name);
            let is_known = named.is_some_and(|named| {
                let plugin = (named.variable.family, named.naming);
                let row = named.variable.family.plugin_name(named.naming);
                options.plugins.contains(&plugin) || self.has_plugin_row(row)
            });
            if let Some((plugin, option)) = self.load_option(&name, value.as_deref())
                && (options.plugins.contains(&plugin)
                    || self.has_plugin_row(plugin.0.plugin_name(plugin.1)))
            {
                let Some(option) = option else {
                    return Err(refused(written, value.as_deref()));
                };
                let row = plugin.0.plugin_name(plugin.1);
                options.load_options.insert(row, option);
                continue;
            }
            match named {
                Some(named) if is_known => {
                    if named.variable.parse_option(value.as_deref()).is_err() {
                        return Err(refused(written, value.as_deref()));
                    }
                    options.plugin_options.insert(name, value.clone());
                }
                Some(_) if is_loose => {
                    options.plugin_options.insert(name, value.clone());
                }
                _ if is_loose => {}
                _ => return Err(unknown(written, value.as_deref())),
            }
        }
        Ok(options)
    }

    /// A line that says whether and how a plugin is loaded; the option is `None` for a wrong word.
    fn load_option(&self, name: &str, value: Option<&str>) -> Option<LoadOption> {
        let (name, default) = match name.strip_prefix("skip_") {
            Some(name) => (name, "OFF"),
            None => (name, "ON"),
        };
        let plugin = self.known_plugin(name)?;
        let value = value.unwrap_or(default);
        let by_number = value.parse().ok().and_then(|n: usize| LOAD_OPTIONS.get(n));
        let mut words = LOAD_OPTIONS.iter();
        let by_word = words.find(|word| word.eq_ignore_ascii_case(value));
        Some((plugin, by_word.or(by_number).copied()))
    }

    pub(crate) fn has_plugin_row(&self, name: &str) -> bool {
        let mut rows = self.plugin_rows.keys();
        rows.any(|row| row.eq_ignore_ascii_case(name))
    }

    fn read_plugin_list(&self, list: &str, options: &mut Options) {
        for item in list.split([';', ':']).filter(|item| !item.is_empty()) {
            let library = item.rsplit('=').next().unwrap_or(item);
            if let Some(plugin) = self.known_library(library)
                && !options.plugins.contains(&plugin)
            {
                options.plugins.push(plugin);
            }
        }
    }
}

/// The name without `loose_`, with underscores; and whether it was loose.
pub(crate) fn normalised(written: &str) -> (String, bool) {
    let name = written.trim().trim_start_matches("--");
    let name = name.replace('-', "_").to_ascii_lowercase();
    match name.strip_prefix("loose_") {
        Some(rest) => (rest.to_owned(), true),
        None => (name, false),
    }
}

fn set_ordinary(globals: &mut Settings, name: &str, value: Option<&str>) -> bool {
    let Some(variable) = Ordinary::find(name) else {
        return false;
    };
    match variable.definition().parse(value.unwrap_or("")) {
        Some(setting) => {
            globals.set(variable, setting);
            true
        }
        None => false,
    }
}

fn is_switch(value: &str) -> bool {
    matches!(
        value.to_ascii_uppercase().as_str(),
        "ON" | "OFF" | "0" | "1"
    )
}

fn unknown(written: &str, value: Option<&str>) -> Vec<Line> {
    let line = match value {
        Some(value) => {
            let text = format!("unknown variable '{written}={value}'.");
            Line::error(67, "Server", text)
        }
        None => Line::error(68, "Server", format!("unknown option '--{written}'.")),
    };
    vec![line, Line::error(10119, "Server", "Aborting")]
}

fn refused(written: &str, value: Option<&str>) -> Vec<Line> {
    let value = value.unwrap_or_default();
    let text = format!("Error while setting value '{value}' to '{written}'.");
    vec![
        Line::error(77, "Server", text),
        Line::error(10119, "Server", "Aborting"),
    ]
}

/// Not an option of MySQL: shows how 9.7.4's own plugin miscounts ACKs for counts of 3 and more.
const STOCK_COUNTING: &str = "semisync_lab_stock_counting";

/// As little an option of MySQL.
const COUNTING_FOR_NEIGHBOUR: &str = "semisync_lab_counting_for_neighbour";

type LoadOption = ((Family, Naming), Option<&'static str>);

const LOAD_OPTIONS: [&str; 4] = ["OFF", "ON", "FORCE", "FORCE_PLUS_PERMANENT"];

/// Options that change nothing the cluster models.
const IGNORED: &[&str] = &[
    "mysqlx",
    "user",
    "pid_file",
    "tmpdir",
    "bind_address",
    "skip_name_resolve",
    "secure_file_priv",
    "symbolic_links",
];
