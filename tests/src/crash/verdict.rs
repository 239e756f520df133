//! What a promoted replica has, compared with what clients were told.

use super::load::{Told, parts_of};

/// A transaction that was found: rows of one client with one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The client.
    pub client: usize,
    /// The number of its transaction.
    pub number: u32,
    /// How many rows of it there are.
    pub parts: u32,
}

/// What the comparison says, in transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The client was told OK, and they are not there.
    pub lost: u64,
    /// Some of their rows are there and some are not.
    pub torn: u64,
    /// Nobody can have asked for them.
    pub invented: u64,
    /// They are there, and the client never had an answer.
    pub unanswered: u64,
    /// Another session has read them on the source, and they are not there.
    pub phantoms: u64,
    /// For each client, the number that follows its last transaction that is there.
    pub kept: Vec<u32>,
}

/// Compares.
pub fn judge(told: &Told, rows: &[Row]) -> Verdict {
    let clients = told.answered.len();
    let mut verdict = Verdict {
        kept: vec![0; clients],
        ..Verdict::default()
    };
    let mut found = vec![0_u64; clients];
    for row in rows {
        if clients <= row.client || told.answered[row.client] < row.number {
            verdict.invented += 1;
            continue;
        }
        let kept = &mut verdict.kept[row.client];
        *kept = (row.number + 1).max(*kept);
        if row.parts != parts_of(row.number) {
            verdict.torn += 1;
        }
        match row.number < told.answered[row.client] {
            true => found[row.client] += 1,
            false => verdict.unanswered += 1,
        }
    }
    for (client, found) in found.into_iter().enumerate() {
        verdict.lost += u64::from(told.answered[client]) - found;
        let seen_and_gone = told.seen[client].saturating_sub(verdict.kept[client]);
        verdict.phantoms += u64::from(seen_and_gone);
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(client: usize, number: u32) -> Row {
        let parts = parts_of(number);
        Row {
            client,
            number,
            parts,
        }
    }

    #[track_caller]
    fn check(answered: &[u32], seen: &[u32], rows: &[Row], expected: Verdict) {
        let told = Told {
            answered: answered.to_vec(),
            seen: seen.to_vec(),
        };
        assert_eq!(judge(&told, rows), expected);
    }

    #[test]
    fn all_that_was_told_is_there() {
        let rows = [row(0, 0), row(0, 1), row(1, 0)];
        let expected = Verdict {
            kept: vec![2, 1],
            ..Verdict::default()
        };
        check(&[2, 1], &[2, 1], &rows, expected);
    }

    #[test]
    fn what_was_told_and_is_not_there_is_lost() {
        let expected = Verdict {
            lost: 2,
            phantoms: 1,
            kept: vec![1],
            ..Verdict::default()
        };
        check(&[3], &[2], &[row(0, 0)], expected);
    }

    #[test]
    fn a_transaction_in_the_middle_can_be_lost() {
        let expected = Verdict {
            lost: 1,
            kept: vec![3],
            ..Verdict::default()
        };
        check(&[3], &[0], &[row(0, 0), row(0, 2)], expected);
    }

    #[test]
    fn a_commit_without_answer_may_be_there_once() {
        let expected = Verdict {
            unanswered: 1,
            invented: 1,
            kept: vec![2],
            ..Verdict::default()
        };
        check(&[1], &[1], &[row(0, 0), row(0, 1), row(0, 2)], expected);
    }

    #[test]
    fn half_a_transaction_is_torn() {
        let half = Row {
            client: 0,
            number: 3,
            parts: parts_of(3) - 1,
        };
        let rows = [row(0, 0), row(0, 1), row(0, 2), half];
        let expected = Verdict {
            torn: 1,
            kept: vec![4],
            ..Verdict::default()
        };
        check(&[4], &[0], &rows, expected);
    }
}
