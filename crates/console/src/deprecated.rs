//! Names that still work and warn.

use semisync_core::Generation;
use semisync_sim::operation::{Warning, WarningLevel};
use semisync_sim::variables::catalogue::OLD_NAMES;

use crate::statement::Expr;

/// Today's name of a system variable, if the server knows the written one as an old name.
pub(crate) fn todays_name(name: &str, generation: Generation) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if generation == Generation::V5_5 {
        return None;
    }
    let mut pairs = OLD_NAMES.iter();
    if let Some((today, _)) = pairs.find(|(_, old)| *old == lower) {
        return Some((*today).to_owned());
    }
    let rest = lower.strip_prefix("slave_")?;
    Some(format!("replica_{rest}"))
}

/// Whether a variable is deprecated without another name for it.
fn is_going_away(name: &str) -> bool {
    ["binlog_format", "sync_relay_log_info"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// The warning that using a variable gives, if any.
pub(crate) fn variable_warning(name: &str, generation: Generation) -> Option<Warning> {
    if generation != Generation::V9_7 {
        return None;
    }
    let instead = match todays_name(name, generation) {
        Some(today) => format!(" Please use {today} instead."),
        None if is_going_away(name) => String::new(),
        None => return None,
    };
    let name = name.to_ascii_lowercase();
    Some(warning(format!(
        "'@@{name}' is deprecated and will be removed in a future release.{instead}"
    )))
}

/// An operator that still works and warns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeprecatedOperator {
    Not,
    And,
    Or,
}

impl DeprecatedOperator {
    /// As it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            DeprecatedOperator::Not => "!",
            DeprecatedOperator::And => "&&",
            DeprecatedOperator::Or => "||",
        }
    }

    /// What its use warns of.
    pub(crate) fn warning(self) -> Warning {
        let (what, instead) = match self {
            DeprecatedOperator::Not => ("!", "NOT"),
            DeprecatedOperator::And => ("&&", "AND"),
            DeprecatedOperator::Or => ("|| as a synonym for OR", "OR"),
        };
        warning(format!(
            "'{what}' is deprecated and will be removed in a future release. Please use {instead} instead"
        ))
    }
}

/// What the names in an expression warn of.
pub(crate) fn warnings_of(expr: &Expr, generation: Generation) -> Vec<Warning> {
    match expr {
        Expr::SystemVariable { name, .. } => {
            variable_warning(name, generation).into_iter().collect()
        }
        Expr::Call { name, arguments } => {
            let mut warnings: Vec<Warning> = arguments
                .iter()
                .flat_map(|argument| warnings_of(argument, generation))
                .collect();
            if name.eq_ignore_ascii_case("MASTER_POS_WAIT") {
                warnings.push(warning(
                    "'MASTER_POS_WAIT' is deprecated and will be removed in a future release. Please use SOURCE_POS_WAIT instead"
                        .to_owned(),
                ));
            }
            warnings
        }
        Expr::Unary(_, operand) => warnings_of(operand, generation),
        Expr::Binary(_, left, right) => {
            let mut warnings = warnings_of(left, generation);
            warnings.extend(warnings_of(right, generation));
            warnings
        }
        _ => Vec::new(),
    }
}

fn warning(message: String) -> Warning {
    Warning {
        level: WarningLevel::Warning,
        code: 1287,
        message,
    }
}
