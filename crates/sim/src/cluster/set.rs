//! SET and RESET PERSIST: all assignments are checked, then all are made.

use semisync_core::variables::{Effect, NamedVariable, SetValue, Value};

use crate::accounts::Privilege;
use crate::cluster::{Cluster, needs};
use crate::engine::{Actor, Isolation};
use crate::gtid::GtidSet;
use crate::operation::{
    OkPacket, SetLiteral, SqlError, VariableAssignment, VariableScope, Warning, WarningLevel,
};
use crate::server::Server;
use crate::server::plugins::setting_of;
use crate::trace::{Lane, TraceKind};
use crate::variables::{Definition, Ordinary, Reach, Setting, catalogue, check, ordinary};
use crate::{ServerIndex, SessionKey};

/// An assignment that may be made.
#[derive(Clone, Debug)]
enum Checked {
    Ordinary {
        definition: &'static Definition,
        scope: VariableScope,
        setting: Setting,
    },
    Plugin {
        named: NamedVariable,
        scope: VariableScope,
        value: Value,
    },
}

/// 3135 for a strict mode without the three that belong to it, or some of these without a strict one.
fn incomplete_strictness(checked: &Checked) -> Option<Warning> {
    let Checked::Ordinary {
        definition,
        setting,
        ..
    } = checked
    else {
        return None;
    };
    if definition.name != "sql_mode" {
        return None;
    }
    let shown = setting.shown();
    let modes: Vec<&str> = shown.split(',').collect();
    let has = |mode: &&&str| modes.contains(*mode);
    let is_strict = ["STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"]
        .iter()
        .any(|mode| has(&mode));
    let others = [
        "NO_ZERO_DATE",
        "NO_ZERO_IN_DATE",
        "ERROR_FOR_DIVISION_BY_ZERO",
    ];
    let count = others.iter().filter(has).count();
    let is_complete = if is_strict {
        count == others.len()
    } else {
        count == 0
    };
    (!is_complete).then(|| Warning {
        level: WarningLevel::Warning,
        code: 3135,
        message: "'NO_ZERO_DATE', 'NO_ZERO_IN_DATE' and 'ERROR_FOR_DIVISION_BY_ZERO' sql modes \
                  should be used with strict mode. They will be merged with strict mode in a \
                  future release."
            .to_owned(),
    })
}

impl Cluster {
    pub(crate) fn set_variables(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        assignments: &[VariableAssignment],
    ) -> Result<(), SqlError> {
        let (checked, warnings) = self.check_all(ix, session, assignments)?;
        let answer = OkPacket {
            warnings,
            ..OkPacket::default()
        };
        for assignment in &checked {
            if let Some(name) = assignment.named_transaction()
                && self.waits_for_gtid(ix, session, &name)
            {
                return Ok(());
            }
        }
        let commits_by_hand = !self
            .server(ix)
            .session_value(session, ordinary!("autocommit"))
            .is_on();
        if commits_by_hand
            && checked.iter().any(Checked::switches_autocommit_on)
            && self.ends_transaction_first(ix, session)
        {
            return Ok(());
        }
        if checked.iter().any(Checked::blocks_commits) {
            if let Some(running) = self.running_mut(ix, session) {
                running.answer = answer;
            }
            self.request_read_lock(ix, session);
            return Ok(());
        }
        for assignment in checked {
            self.make(ix, session, assignment);
        }
        self.statement_ends_ok(ix, session, answer);
        Ok(())
    }

    /// SET GLOBAL read_only = ON has the global read lock now.
    pub(crate) fn set_with_read_lock(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        assignments: &[VariableAssignment],
    ) -> Result<(), SqlError> {
        let (checked, _) = self.check_all(ix, session, assignments)?;
        for assignment in checked {
            self.make(ix, session, assignment);
        }
        Ok(())
    }

    fn check_all(
        &self,
        ix: ServerIndex,
        session: SessionKey,
        assignments: &[VariableAssignment],
    ) -> Result<(Vec<Checked>, Vec<Warning>), SqlError> {
        let mode = self
            .server(ix)
            .session_value(session, ordinary!("sql_mode"))
            .shown();
        let is_strict = mode.contains("STRICT_ALL_TABLES") || mode.contains("TRADITIONAL");
        let mut checked = Vec::new();
        let mut warnings = Vec::new();
        let is_for_next =
            |assignment: &VariableAssignment| assignment.scope == VariableScope::NextTransaction;
        if assignments.iter().any(is_for_next) && self.is_in_transaction(ix, session) {
            let text = "Transaction characteristics can't be changed while a transaction is in \
                        progress";
            return Err(SqlError::new(1568, "25001", text));
        }
        for assignment in assignments {
            let (assignment, more) = self.check_one(ix, session, assignment, is_strict)?;
            warnings.extend(incomplete_strictness(&assignment));
            checked.push(assignment);
            warnings.extend(more);
        }
        Ok((checked, warnings))
    }

    /// Global values are for administrators, and so are some session values.
    fn check_set_privileges(
        &self,
        ix: ServerIndex,
        session: SessionKey,
        name: &str,
        scope: VariableScope,
    ) -> Result<(), SqlError> {
        use Privilege as P;
        let held = self.server(ix).privileges(session);
        let is_administrator = held.contains_any(&[P::SUPER, P::SYSTEM_VARIABLES_ADMIN]);
        if scope == VariableScope::PersistOnly
            && !(is_administrator && held.contains(P::PERSIST_RO_VARIABLES_ADMIN))
        {
            return Err(SqlError::new(3630, "42000", PERSIST_ONLY_DENIED));
        }
        if is_administrator {
            return Ok(());
        }
        let (others, text) = match (scope, name) {
            (VariableScope::Session, "gtid_next") => (
                &[P::SESSION_VARIABLES_ADMIN, P::REPLICATION_APPLIER][..],
                "SUPER, SYSTEM_VARIABLES_ADMIN, SESSION_VARIABLES_ADMIN or REPLICATION_APPLIER",
            ),
            (VariableScope::Session, name) if !RESTRICTED.contains(&name) => return Ok(()),
            (VariableScope::Session, _) => (
                &[P::SESSION_VARIABLES_ADMIN][..],
                "SUPER, SYSTEM_VARIABLES_ADMIN or SESSION_VARIABLES_ADMIN",
            ),
            _ => (&[][..], "SUPER or SYSTEM_VARIABLES_ADMIN"),
        };
        match held.contains_any(others) {
            true => Ok(()),
            false => Err(needs(text)),
        }
    }

    /// Whether the session has begun a transaction.
    pub(super) fn is_in_transaction(&self, ix: ServerIndex, session: SessionKey) -> bool {
        let server = self.server(ix);
        let open = server.engine.transaction(Actor::Session(session));
        let begun = server.sessions.get(&session);
        begun.is_some_and(|state| state.in_transaction) || open.is_some_and(|open| open.is_explicit)
    }

    fn check_one(
        &self,
        ix: ServerIndex,
        session: SessionKey,
        assignment: &VariableAssignment,
        is_strict: bool,
    ) -> Result<(Checked, Vec<Warning>), SqlError> {
        let server = self.server(ix);
        let scope = assignment.scope;
        if let Some(named) = server.plugin_variable(&assignment.name) {
            self.check_set_privileges(ix, session, named.name(), scope)?;
            let (value, warnings) = check_plugin(named, scope, &assignment.value, is_strict)?;
            let checked = Checked::Plugin {
                named,
                scope,
                value,
            };
            return Ok((checked, warnings));
        }
        let Some(definition) = catalogue::find(&assignment.name) else {
            return Err(unknown_variable(&assignment.name));
        };
        self.check_set_privileges(ix, session, definition.name, scope)?;
        let value = assignment.value.as_ref();
        let (mut setting, warnings) = check::check(definition, scope, value, is_strict)?;
        if value.is_none() && scope == VariableScope::Session && definition.reach == Reach::Both {
            // A session's default is the global value.
            setting = server.global(Ordinary::of(definition)).into_owned();
        }
        if definition.name == "gtid_mode" {
            check_gtid_mode(&server.global(ordinary!("gtid_mode")), &setting)?;
        }
        let shown = setting.shown();
        if definition.name == "gtid_purged" {
            check_gtid_purged(server, &shown)?;
        }
        if definition.name == "gtid_next" {
            self.check_gtid_next(ix, session, &shown)?;
        }
        let checked = Checked::Ordinary {
            definition,
            scope,
            setting,
        };
        Ok((checked, warnings))
    }

    fn make(&mut self, ix: ServerIndex, session: SessionKey, assignment: Checked) {
        let (name, shown) = match assignment {
            Checked::Ordinary {
                definition,
                scope,
                setting,
            } => {
                let shown = setting.shown();
                self.make_ordinary(ix, session, definition, scope, setting);
                (definition.name.to_owned(), shown)
            }
            Checked::Plugin {
                named,
                scope,
                value,
            } => {
                let shown = setting_of(value).shown();
                if matches!(scope, VariableScope::Persist | VariableScope::PersistOnly) {
                    self.server_mut(ix).persist(named.name(), shown.clone());
                }
                // The mark stands before what the change causes.
                let kind = TraceKind::VariableSet {
                    name: named.name().to_owned(),
                    value: shown,
                };
                self.mark(Lane::Server(ix), None, kind);
                if scope != VariableScope::PersistOnly {
                    self.plugin_variable_set(ix, named, value);
                }
                return;
            }
        };
        let kind = TraceKind::VariableSet { name, value: shown };
        self.mark(Lane::Server(ix), None, kind);
    }

    /// Tells a plugin's machine the new value of one of its variables.
    pub(crate) fn plugin_variable_set(
        &mut self,
        ix: ServerIndex,
        named: NamedVariable,
        value: Value,
    ) {
        match named.variable.effect(value) {
            Effect::Source(input) => {
                self.source_input(ix, input);
            }
            Effect::Replica(input) => {
                self.replica_input(ix, input);
            }
        }
    }

    fn make_ordinary(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        definition: &'static Definition,
        scope: VariableScope,
        setting: Setting,
    ) {
        let server = self.server_mut(ix);
        if matches!(scope, VariableScope::Persist | VariableScope::PersistOnly) {
            server.persist(definition.name, setting.shown());
        }
        if matches!(scope, VariableScope::Global | VariableScope::Persist)
            && definition.reach == Reach::Both
        {
            server.keep_in_sessions(Ordinary::of(definition));
        }
        match scope {
            VariableScope::PersistOnly => {}
            VariableScope::NextTransaction => {
                if let Some(state) = server.sessions.get_mut(&session) {
                    match &setting {
                        Setting::Text(name) => state.next_isolation = Some(Isolation::named(name)),
                        setting => state.next_read_only = Some(setting.is_on()),
                    }
                }
            }
            VariableScope::Session => {
                let shown = setting.shown();
                if let Some(state) = server.sessions.get_mut(&session) {
                    state.gtid_next_is_used &= definition.name != "gtid_next";
                    state.settings.set(Ordinary::of(definition), setting);
                }
                if definition.name == "gtid_next" {
                    self.take_gtid(ix, session, &shown);
                }
            }
            VariableScope::Global | VariableScope::Persist => match definition.name {
                "gtid_purged" => {
                    let text = setting.shown();
                    let set: GtidSet = text.trim_start_matches('+').parse().unwrap_or_default();
                    server.executed_elsewhere.union(&set);
                    server.gtid_executed.union(&set);
                }
                "super_read_only" if setting.is_on() => {
                    server
                        .globals
                        .set(ordinary!("read_only"), Setting::Bool(true));
                    server.globals.set(ordinary!("super_read_only"), setting);
                }
                "read_only" if !setting.is_on() => {
                    server
                        .globals
                        .set(ordinary!("super_read_only"), Setting::Bool(false));
                    server.globals.set(ordinary!("read_only"), setting);
                }
                _ => server.globals.set(Ordinary::of(definition), setting),
            },
        }
    }

    pub(crate) fn reset_persist(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        name: Option<&str>,
        if_exists: bool,
    ) -> Result<(), SqlError> {
        let persisted = &mut self.server_mut(ix).persisted;
        let mut answer = OkPacket::default();
        match name {
            None => persisted.clear(),
            Some(name) => {
                let lower = name.to_ascii_lowercase();
                let before = persisted.len();
                persisted.retain(|(known, _)| *known != lower);
                if persisted.len() == before {
                    let message =
                        format!("Variable {name} does not exist in persisted config file");
                    if !if_exists {
                        return Err(SqlError::new(3615, "HY000", message));
                    }
                    answer.warnings.push(Warning {
                        level: WarningLevel::Warning,
                        code: 3615,
                        message,
                    });
                }
            }
        }
        self.statement_ends_ok(ix, session, answer);
        Ok(())
    }
}

impl Checked {
    /// The value of `gtid_next`, if that is what is set.
    fn named_transaction(&self) -> Option<String> {
        match self {
            Checked::Ordinary {
                definition,
                setting,
                ..
            } if definition.name == "gtid_next" => Some(setting.shown()),
            Checked::Ordinary { .. } | Checked::Plugin { .. } => None,
        }
    }

    /// Whether it makes the session commit each statement, and first what is open.
    fn switches_autocommit_on(&self) -> bool {
        match self {
            Checked::Ordinary {
                definition,
                scope: VariableScope::Session,
                setting,
            } => definition.name == "autocommit" && setting.is_on(),
            Checked::Ordinary { .. } | Checked::Plugin { .. } => false,
        }
    }

    /// Whether it must wait for commits in progress: read_only and super_read_only, switched on.
    fn blocks_commits(&self) -> bool {
        match self {
            Checked::Ordinary {
                definition,
                scope: VariableScope::Global | VariableScope::Persist,
                setting,
            } => matches!(definition.name, "read_only" | "super_read_only") && setting.is_on(),
            Checked::Ordinary { .. } | Checked::Plugin { .. } => false,
        }
    }
}

fn check_plugin(
    named: NamedVariable,
    scope: VariableScope,
    value: &Option<SetLiteral>,
    is_strict: bool,
) -> Result<(Value, Vec<Warning>), SqlError> {
    let name = named.name();
    if scope == VariableScope::Session {
        let text =
            format!("Variable '{name}' is a GLOBAL variable and should be set with SET GLOBAL");
        return Err(SqlError::new(1229, "HY000", text));
    }
    let Some(literal) = value else {
        return Ok((named.variable.default_value(), Vec::new()));
    };
    let given = set_value(literal);
    let outcome = named.check(&given, is_strict).map_err(|error| {
        let code = error.number() as u16;
        SqlError::new(code, error.sqlstate(), error.to_string())
    })?;
    let warnings = match outcome.truncated {
        true => vec![Warning {
            level: WarningLevel::Warning,
            code: 1292,
            message: named.truncation_warning(&given),
        }],
        false => Vec::new(),
    };
    Ok((outcome.value, warnings))
}

fn set_value(literal: &SetLiteral) -> SetValue {
    match literal {
        SetLiteral::Int(value) => SetValue::Int(*value),
        SetLiteral::Decimal(_) => SetValue::Float,
        SetLiteral::Text(text) => SetValue::Text(text.clone()),
        SetLiteral::Word(word) if word.eq_ignore_ascii_case("TRUE") => SetValue::Bool(true),
        SetLiteral::Word(word) if word.eq_ignore_ascii_case("FALSE") => SetValue::Bool(false),
        SetLiteral::Word(word) => SetValue::Text(word.clone()),
        SetLiteral::Null => SetValue::Null,
    }
}

/// Session values that only administrators may set.
const RESTRICTED: [&str; 7] = [
    "binlog_direct_non_transactional_updates",
    "binlog_format",
    "binlog_row_image",
    "binlog_row_value_options",
    "binlog_rows_query_log_events",
    "binlog_transaction_compression",
    "sql_log_bin",
];

const PERSIST_ONLY_DENIED: &str = "Access denied; you need SYSTEM_VARIABLES_ADMIN and \
     PERSIST_RO_VARIABLES_ADMIN privileges for this operation";

/// 1193
pub(crate) fn unknown_variable(name: &str) -> SqlError {
    SqlError::new(1193, "HY000", format!("Unknown system variable '{name}'"))
}

/// What is added must not be executed yet, and without `+` all that was purged must stay.
fn check_gtid_purged(server: &Server, shown: &str) -> Result<(), SqlError> {
    let (adds, text) = match shown.trim_start().strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, shown),
    };
    let Ok(new) = text.parse::<GtidSet>() else {
        let text = format!("Variable 'gtid_purged' can't be set to the value of '{shown}'");
        return Err(SqlError::new(1231, "42000", text));
    };
    let purged = server.purged();
    let refuse = |why: &str| {
        let text = format!("@@GLOBAL.GTID_PURGED cannot be changed: {why}");
        Err(SqlError::new(3546, "HY000", text))
    };
    if !adds && !purged.is_subset(&new) {
        return refuse("the new value must be a superset of the old value");
    }
    let added = match adds {
        true => new,
        false => new.subtract(&purged),
    };
    if added.subtract(&server.gtid_executed) != added {
        return refuse("the added gtid set must not overlap with @@GLOBAL.GTID_EXECUTED");
    }
    Ok(())
}

fn check_gtid_mode(old: &Setting, new: &Setting) -> Result<(), SqlError> {
    let step = |setting: &Setting| {
        let modes = ["OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON"];
        modes.iter().position(|mode| *mode == setting.shown())
    };
    let (Some(old), Some(new)) = (step(old), step(new)) else {
        return Ok(());
    };
    if old.abs_diff(new) <= 1 {
        return Ok(());
    }
    let text = "The value of @@GLOBAL.GTID_MODE can only be changed one step at a time: OFF <-> \
                OFF_PERMISSIVE <-> ON_PERMISSIVE <-> ON. Also note that this value must be stepped \
                up or down simultaneously on all servers. See the Manual for instructions.";
    Err(SqlError::new(1788, "HY000", text))
}
