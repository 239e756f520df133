//! What GROUP BY, HAVING, DISTINCT and ORDER BY allow: the errors of `only_full_group_by` and its kin.

use semisync_sim::SqlError;
use semisync_sim::expr::BinaryOp;

use super::{Source, has_aggregate, is_aggregate, output_position};
use crate::environment::Environment;
use crate::parser::DISTINCT;
use crate::statement::{Expr, Select, SystemScope};

impl Source {
    /// Refuses a SELECT whose rows would not be determined by its groups.
    ///
    /// # Errors
    /// 1054, 1055, 1056, 1140, 3029, 3065.
    pub(super) fn check_groups(
        &self,
        select: &Select,
        env: &Environment<'_>,
        items: &[(Expr, String)],
    ) -> Result<(), SqlError> {
        self.check_positions(select, items)?;
        let aggregates = items.iter().any(|(expr, _)| has_aggregate(expr));
        let in_having = select.having.as_ref().is_some_and(has_aggregate);
        let is_grouped = !select.group.is_empty() || aggregates || in_having;
        if !is_grouped {
            let mut order = select.order.iter().map(|(expr, _)| expr);
            if let Some(index) = order.position(has_aggregate) {
                let text = format!(
                    "Expression #{} of ORDER BY contains aggregate function and applies to the \
                     result of a non-aggregated query",
                    index + 1
                );
                return Err(SqlError::new(3029, "HY000", text));
            }
        }
        if is_full_group_by(env) {
            if is_grouped {
                self.check_items(select, items)?;
            } else if select.distinct {
                self.check_distinct(select, items)?;
            }
        }
        self.check_having(select, items)
    }

    /// Numbers in GROUP BY and ORDER BY are places in the select list.
    fn check_positions(&self, select: &Select, items: &[(Expr, String)]) -> Result<(), SqlError> {
        let order = select.order.iter().map(|(expr, _)| (expr, "order clause"));
        let group = select.group.iter().map(|expr| (expr, "group statement"));
        for (expr, clause) in group.chain(order) {
            if let Expr::Integer(place) = expr
                && output_position(expr, items).is_none()
            {
                return Err(unknown_column(&place.to_string(), clause));
            }
        }
        for expr in &select.group {
            let meant = self.grouped_by(expr, items);
            if has_aggregate(meant) {
                let name = match output_position(expr, items) {
                    Some(index) => items[index].1.clone(),
                    None => return Err(crate::lowering::misplaced_aggregate()),
                };
                let text = format!("Can't group on '{name}'");
                return Err(SqlError::new(1056, "42000", text));
            }
        }
        Ok(())
    }

    fn check_items(&self, select: &Select, items: &[(Expr, String)]) -> Result<(), SqlError> {
        let groups: Vec<&Expr> = select
            .group
            .iter()
            .map(|expr| self.grouped_by(expr, items))
            .collect();
        let mut determined: Vec<&str> = Vec::new();
        for expr in &groups {
            if let Expr::Column { name, .. } = expr {
                determined.push(name);
            }
        }
        if let Some(filter) = &select.filter {
            constants(filter, &mut determined);
        }
        let is_determined = |name: &str| {
            determined
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        };
        let has_key = !self.key.is_empty() && self.key.iter().all(|name| is_determined(name));
        if has_key {
            return Ok(());
        }
        for (index, (expr, _)) in items.iter().enumerate() {
            if groups.contains(&expr) {
                continue;
            }
            let Some(name) = bare_column(expr, &|name| !is_determined(name)) else {
                continue;
            };
            let (place, column) = (index + 1, self.full_name(name));
            return Err(match select.group.is_empty() {
                true => SqlError::new(
                    1140,
                    "42000",
                    format!(
                        "In aggregated query without GROUP BY, expression #{place} of SELECT list \
                         contains nonaggregated column '{column}'; this is incompatible with \
                         sql_mode=only_full_group_by"
                    ),
                ),
                false => SqlError::new(
                    1055,
                    "42000",
                    format!(
                        "Expression #{place} of SELECT list is not in GROUP BY clause and contains \
                         nonaggregated column '{column}' which is not functionally dependent on \
                         columns in GROUP BY clause; this is incompatible with \
                         sql_mode=only_full_group_by"
                    ),
                ),
            });
        }
        Ok(())
    }

    fn check_distinct(&self, select: &Select, items: &[(Expr, String)]) -> Result<(), SqlError> {
        for (index, (expr, _)) in select.order.iter().enumerate() {
            let is_item = output_position(expr, items).is_some()
                || items.iter().any(|(item, _)| item == expr);
            if is_item {
                continue;
            }
            let is_selected = |wanted: &str| {
                items.iter().any(|(item, _)| matches!(item, Expr::Column { name, .. } if name.eq_ignore_ascii_case(wanted)))
            };
            if let Some(name) = bare_column(expr, &|name| !is_selected(name)) {
                let text = format!(
                    "Expression #{} of ORDER BY clause is not in SELECT list, references column \
                     '{}' which is not in SELECT list; this is incompatible with DISTINCT",
                    index + 1,
                    self.full_name(name)
                );
                return Err(SqlError::new(3065, "HY000", text));
            }
        }
        Ok(())
    }

    /// HAVING sees the select list and the columns of GROUP BY.
    fn check_having(&self, select: &Select, items: &[(Expr, String)]) -> Result<(), SqlError> {
        let Some(having) = &select.having else {
            return Ok(());
        };
        let names = |expr: &Expr, wanted: &str| matches!(expr, Expr::Column { name, .. } if name.eq_ignore_ascii_case(wanted));
        let is_unknown = |wanted: &str| {
            let is_item = items
                .iter()
                .any(|(expr, heading)| heading.eq_ignore_ascii_case(wanted) || names(expr, wanted));
            !is_item && !select.group.iter().any(|expr| names(expr, wanted))
        };
        match bare_column(having, &is_unknown) {
            Some(name) => Err(unknown_column(name, "having clause")),
            None => Ok(()),
        }
    }

    /// `db.table.column`, with the alias of the table.
    fn full_name(&self, column: &str) -> String {
        let known = self
            .names
            .iter()
            .find(|known| known.eq_ignore_ascii_case(column));
        let table = self.qualifiers.first().map_or("", String::as_str);
        format!(
            "{}.{table}.{}",
            self.db,
            known.map_or(column, String::as_str)
        )
    }
}

/// Whether an aggregate in it is computed over sorted rows: GROUP_CONCAT, and those with DISTINCT.
pub(super) fn gathers_rows(expr: &Expr) -> bool {
    match expr {
        Expr::Call { name, arguments } => {
            name.eq_ignore_ascii_case("GROUP_CONCAT")
                || name == DISTINCT
                || arguments.iter().any(gathers_rows)
        }
        Expr::Unary(_, operand) => gathers_rows(operand),
        Expr::Binary(_, left, right) => gathers_rows(left) || gathers_rows(right),
        _ => false,
    }
}

fn is_full_group_by(env: &Environment<'_>) -> bool {
    let mode = env.system_variable(SystemScope::Session, "sql_mode");
    mode.ok()
        .and_then(|mode| mode.to_text())
        .is_some_and(|mode| mode.contains("ONLY_FULL_GROUP_BY"))
}

fn unknown_column(name: &str, clause: &str) -> SqlError {
    let text = format!("Unknown column '{name}' in '{clause}'");
    SqlError::new(1054, "42S22", text)
}

/// Columns that a WHERE clause makes equal to a constant.
fn constants<'a>(filter: &'a Expr, into: &mut Vec<&'a str>) {
    match filter {
        Expr::Binary(BinaryOp::And, left, right) => {
            constants(left, into);
            constants(right, into);
        }
        Expr::Binary(BinaryOp::Equal, left, right) => {
            for (column, value) in [(left, right), (right, left)] {
                if let Expr::Column { name, .. } = &**column
                    && bare_column(value, &|_| true).is_none()
                {
                    into.push(name);
                }
            }
        }
        _ => {}
    }
}

/// The first column outside of aggregates that is wanted.
fn bare_column<'a>(expr: &'a Expr, wanted: &dyn Fn(&str) -> bool) -> Option<&'a str> {
    let sub = |expr: &'a Expr| bare_column(expr, wanted);
    match expr {
        Expr::Column { name, .. } => wanted(name).then_some(name.as_str()),
        Expr::Call { name, .. } if is_aggregate(name) => None,
        Expr::Call { arguments, .. } => arguments.iter().find_map(sub),
        Expr::AssignUser { value, .. } => sub(value),
        Expr::Unary(_, operand) | Expr::IsNull { operand, .. } => sub(operand),
        Expr::Binary(_, left, right) => sub(left).or_else(|| sub(right)),
        Expr::Like { text, pattern, .. } => sub(text).or_else(|| sub(pattern)),
        Expr::In { needle, list, .. } => sub(needle).or_else(|| list.iter().find_map(sub)),
        Expr::Between {
            value, low, high, ..
        } => sub(value).or_else(|| sub(low)).or_else(|| sub(high)),
        Expr::Null
        | Expr::Integer(_)
        | Expr::Decimal(_)
        | Expr::Text(_)
        | Expr::UserVariable(_)
        | Expr::SystemVariable { .. }
        | Expr::Placeholder(_)
        | Expr::StoredCall(_)
        | Expr::CountAll => None,
    }
}
