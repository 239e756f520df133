//! Known outputs of the client and what becomes of them.

use super::*;

#[track_caller]
fn check(printed: &str, expected: &str) {
    assert_eq!(normalise(printed), expected);
    assert_eq!(normalise(expected), expected, "a second time");
}

#[test]
fn elapsed_times_below_one_and_a_half_seconds_are_zero() {
    check("Empty set (0.003 sec)\n\n", "Empty set (0.00 sec)\n\n");
    check(
        "Query OK, 1 row affected (1.499 sec)\n",
        "Query OK, 1 row affected (0.00 sec)\n",
    );
}

#[test]
fn longer_elapsed_times_are_whole_seconds() {
    check(
        "Query OK, 1 row affected (9.998 sec)\n",
        "Query OK, 1 row affected (10 sec)\n",
    );
    check("Query OK (1 min 40.002 sec)\n", "Query OK (100 sec)\n");
    check("Query OK (1 hour 1 min 0.4 sec)\n", "Query OK (3660 sec)\n");
    check("a (12 parsec)\n", "a (12 parsec)\n");
}

#[test]
fn tables_are_laid_out_again() {
    check(
        "+---------------+-------+\n\
         | @@version     | Count |\n\
         +---------------+-------+\n\
         | 9.7.4-2debian |     1 |\n\
         +---------------+-------+\n\
         1 row in set (0.001 sec)\n\n",
        "+-----------+-------+\n\
         | @@version | Count |\n\
         +-----------+-------+\n\
         | 9.7.…     |     1 |\n\
         +-----------+-------+\n\
         1 row in set (0.00 sec)\n\n",
    );
}

#[test]
fn cells_with_line_breaks_stay_whole() {
    let table = "+-----+----+\n\
                 | a   | id |\n\
                 +-----+----+\n\
                 | b\nc |  1 |\n\
                 | dd  |  2 |\n\
                 +-----+----+\n\
                 2 rows in set (0.00 sec)\n";
    check(table, table);
}

#[test]
fn ids_of_events_and_connections_are_hidden() {
    check(
        "+-----+---------+----------------------------+\n\
         | Id  | Command | Info                       |\n\
         +-----+---------+----------------------------+\n\
         |  12 | Query   | NULL                       |\n\
         | 123 | Query   | COMMIT /* xid=17 */        |\n\
         | 124 | Query   | table_id: 103 flags: X     |\n\
         +-----+---------+----------------------------+\n",
        "+----+---------+----------------------+\n\
         | Id | Command | Info                 |\n\
         +----+---------+----------------------+\n\
         |  … | Query   | NULL                 |\n\
         |  … | Query   | COMMIT /* xid=… */   |\n\
         |  … | Query   | table_id: … flags: X |\n\
         +----+---------+----------------------+\n",
    );
    let table = "+----+\n| Id |\n+----+\n|  7 |\n+----+\n";
    check(table, table);
}

#[test]
fn rows_one_below_the_other_are_normalised_too() {
    check(
        "     Id: 7\nVersion: 9.7.4-2\n   Info: /tmp/semisync-record/source/data/binlog.000001\n",
        "     Id: …\nVersion: 9.7.…\n   Info: …/binlog.000001\n",
    );
}

#[test]
fn a_failed_reconnect_always_says_the_same() {
    check(
        "No connection. Trying to reconnect...\n\
         ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial communication packet', system error: 104\n\
         ERROR: \nCan't connect to the server\n",
        &format!(
            "No connection. Trying to reconnect...\n{NO_SERVER}\nERROR: \nCan't connect to the server\n"
        ),
    );
    check("Connection id:    12\n", "Connection id:    …\n");
}

#[test]
fn the_microseconds_that_commits_waited_are_not_compared() {
    let table = |time: &str| {
        format!(
            "+-----------------------------------+-------+\n\
             | Variable_name                     | Value |\n\
             +-----------------------------------+-------+\n\
             | Rpl_semi_sync_source_tx_wait_time | {time:<5} |\n\
             | Rpl_semi_sync_source_tx_waits     | 12    |\n\
             +-----------------------------------+-------+\n\
             2 rows in set (0.00 sec)\n\n"
        )
    };
    check(&table("8763"), &table("…"));
    check(&table("0"), &table("0"));
}

#[test]
fn the_port_that_a_connection_comes_from_is_not_compared() {
    check(
        "+------+-----------------+\n\
         | User | Host            |\n\
         +------+-----------------+\n\
         | repl | localhost:51406 |\n\
         +------+-----------------+\n\
         1 row in set (0.00 sec)\n\n",
        "+------+-------------+\n\
         | User | Host        |\n\
         +------+-------------+\n\
         | repl | localhost:… |\n\
         +------+-------------+\n\
         1 row in set (0.00 sec)\n\n",
    );
}

#[test]
fn when_a_thread_failed_is_not_compared_but_whether_it_did() {
    check(
        "      Last_SQL_Error_Timestamp: 261120 18:33:27\n       Last_IO_Error_Timestamp: \n",
        "      Last_SQL_Error_Timestamp: …\n       Last_IO_Error_Timestamp: \n",
    );
    let table = |value: &str, rule: &str| {
        format!("{rule}\n| LAST_ERROR_TIMESTAMP       |\n{rule}\n| {value} |\n{rule}\n")
    };
    let never = table(
        "0000-00-00 00:00:00.000000",
        "+----------------------------+",
    );
    check(&never, &never);
}
