//! Privileges: their names, in the order SHOW GRANTS lists them, and sets of them.

use serde::{Deserialize, Serialize};

/// One privilege.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privilege(u8);

/// A set of privileges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privileges(u128);

/// What a privilege can be granted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `*.*` only.
    Global,
    /// Databases too.
    Database,
    /// Tables too.
    Table,
}

/// Static privileges, then dynamic ones; static ones with what they can be granted on.
const STATIC: [(&str, Level); 31] = {
    use Level::{Database, Global, Table};
    [
        ("SELECT", Table),
        ("INSERT", Table),
        ("UPDATE", Table),
        ("DELETE", Table),
        ("CREATE", Table),
        ("DROP", Table),
        ("RELOAD", Global),
        ("SHUTDOWN", Global),
        ("PROCESS", Global),
        ("FILE", Global),
        ("REFERENCES", Table),
        ("INDEX", Table),
        ("ALTER", Table),
        ("SHOW DATABASES", Global),
        ("SUPER", Global),
        ("CREATE TEMPORARY TABLES", Database),
        ("LOCK TABLES", Database),
        ("EXECUTE", Database),
        ("REPLICATION SLAVE", Global),
        ("REPLICATION CLIENT", Global),
        ("CREATE VIEW", Table),
        ("SHOW VIEW", Table),
        ("CREATE ROUTINE", Database),
        ("ALTER ROUTINE", Database),
        ("CREATE USER", Global),
        ("EVENT", Database),
        ("TRIGGER", Table),
        ("CREATE TABLESPACE", Global),
        ("CREATE ROLE", Global),
        ("DROP ROLE", Global),
        ("GRANT OPTION", Table),
    ]
};

const DYNAMIC: &[&str] = &[
    "ALLOW_NONEXISTENT_DEFINER",
    "APPLICATION_PASSWORD_ADMIN",
    "AUDIT_ABORT_EXEMPT",
    "AUDIT_ADMIN",
    "AUTHENTICATION_POLICY_ADMIN",
    "BACKUP_ADMIN",
    "BINLOG_ADMIN",
    "BINLOG_ENCRYPTION_ADMIN",
    "CLONE_ADMIN",
    "CONNECTION_ADMIN",
    "CREATE_SPATIAL_REFERENCE_SYSTEM",
    "ENCRYPTION_KEY_ADMIN",
    "FIREWALL_EXEMPT",
    "FLUSH_OPTIMIZER_COSTS",
    "FLUSH_PRIVILEGES",
    "FLUSH_STATUS",
    "FLUSH_TABLES",
    "FLUSH_USER_RESOURCES",
    "GROUP_REPLICATION_ADMIN",
    "GROUP_REPLICATION_STREAM",
    "INNODB_REDO_LOG_ARCHIVE",
    "INNODB_REDO_LOG_ENABLE",
    "MANAGE_DATA_MASKING_POLICY",
    "OPTIMIZE_LOCAL_TABLE",
    "PASSWORDLESS_USER_ADMIN",
    "PERSIST_RO_VARIABLES_ADMIN",
    "REPLICATION_APPLIER",
    "REPLICATION_SLAVE_ADMIN",
    "RESOURCE_GROUP_ADMIN",
    "RESOURCE_GROUP_USER",
    "ROLE_ADMIN",
    "SENSITIVE_VARIABLES_OBSERVER",
    "SERVICE_CONNECTION_ADMIN",
    "SESSION_VARIABLES_ADMIN",
    "SET_ANY_DEFINER",
    "SHOW_ROUTINE",
    "SYSTEM_USER",
    "SYSTEM_VARIABLES_ADMIN",
    "TABLE_ENCRYPTION_ADMIN",
    "TELEMETRY_LOG_ADMIN",
    "TRANSACTION_GTID_TAG",
    "XA_RECOVER_ADMIN",
];

const FIRST_DYNAMIC: u8 = STATIC.len() as u8;

#[allow(missing_docs, reason = "they are named as in GRANT")]
impl Privilege {
    pub const SELECT: Privilege = Privilege(0);
    pub const INSERT: Privilege = Privilege(1);
    pub const UPDATE: Privilege = Privilege(2);
    pub const DELETE: Privilege = Privilege(3);
    pub const CREATE: Privilege = Privilege(4);
    pub const DROP: Privilege = Privilege(5);
    pub const RELOAD: Privilege = Privilege(6);
    pub const SHUTDOWN: Privilege = Privilege(7);
    pub const PROCESS: Privilege = Privilege(8);
    pub const INDEX: Privilege = Privilege(11);
    pub const ALTER: Privilege = Privilege(12);
    pub const SHOW_DATABASES: Privilege = Privilege(13);
    pub const SUPER: Privilege = Privilege(14);
    pub const LOCK_TABLES: Privilege = Privilege(16);
    pub const REPLICATION_SLAVE: Privilege = Privilege(18);
    pub const REPLICATION_CLIENT: Privilege = Privilege(19);
    pub const CREATE_USER: Privilege = Privilege(24);
    pub const GRANT_OPTION: Privilege = Privilege(30);
    pub const BINLOG_ADMIN: Privilege = Privilege(FIRST_DYNAMIC + 6);
    pub const CONNECTION_ADMIN: Privilege = Privilege(FIRST_DYNAMIC + 9);
    pub const FLUSH_OPTIMIZER_COSTS: Privilege = Privilege(FIRST_DYNAMIC + 13);
    pub const FLUSH_PRIVILEGES: Privilege = Privilege(FIRST_DYNAMIC + 14);
    pub const FLUSH_STATUS: Privilege = Privilege(FIRST_DYNAMIC + 15);
    pub const FLUSH_TABLES: Privilege = Privilege(FIRST_DYNAMIC + 16);
    pub const FLUSH_USER_RESOURCES: Privilege = Privilege(FIRST_DYNAMIC + 17);
    pub const REPLICATION_APPLIER: Privilege = Privilege(FIRST_DYNAMIC + 26);
    pub const PERSIST_RO_VARIABLES_ADMIN: Privilege = Privilege(FIRST_DYNAMIC + 25);
    pub const REPLICATION_SLAVE_ADMIN: Privilege = Privilege(FIRST_DYNAMIC + 27);
    pub const SESSION_VARIABLES_ADMIN: Privilege = Privilege(FIRST_DYNAMIC + 33);
    pub const SYSTEM_VARIABLES_ADMIN: Privilege = Privilege(FIRST_DYNAMIC + 37);
}

impl Privilege {
    /// The privilege of this name, in any case.
    pub fn find(name: &str) -> Option<Privilege> {
        let names = STATIC.iter().map(|(name, _)| name).chain(DYNAMIC);
        let mut names = names.zip(0..);
        let found = names.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, index)| Privilege(index))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match STATIC.get(usize::from(self.0)) {
            Some((name, _)) => name,
            None => DYNAMIC[usize::from(self.0 - FIRST_DYNAMIC)],
        }
    }

    /// Whether it is dynamic: registered by a component, and global.
    pub fn is_dynamic(self) -> bool {
        FIRST_DYNAMIC <= self.0
    }

    /// What it can be granted on.
    pub fn level(self) -> Level {
        match STATIC.get(usize::from(self.0)) {
            Some((_, level)) => *level,
            None => Level::Global,
        }
    }

    const fn bit(self) -> u128 {
        1 << self.0
    }
}

impl Privileges {
    /// Every privilege but GRANT OPTION.
    pub const ALL: Privileges =
        Privileges(((1 << (STATIC.len() + DYNAMIC.len())) - 1) & !Privilege::GRANT_OPTION.bit());

    /// Every dynamic privilege.
    pub const DYNAMIC: Privileges = Privileges(Privileges::ALL.0 >> FIRST_DYNAMIC << FIRST_DYNAMIC);

    /// These.
    pub fn of(privileges: &[Privilege]) -> Privileges {
        privileges
            .iter()
            .fold(Privileges::default(), |set, privilege| set.with(*privilege))
    }

    /// What ALL means on objects of this level.
    pub fn of_level(level: Level) -> Privileges {
        let all = (0..FIRST_DYNAMIC).map(Privilege);
        let all = all.filter(|privilege| level <= privilege.level());
        match level {
            Level::Global => Privileges::ALL,
            Level::Database | Level::Table => all
                .fold(Privileges::default(), Privileges::with)
                .without(Privilege::GRANT_OPTION),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this one is among them.
    pub fn contains(self, privilege: Privilege) -> bool {
        self.0 & privilege.bit() != 0
    }

    /// Whether one of these is among them.
    pub fn contains_any(self, privileges: &[Privilege]) -> bool {
        privileges.iter().any(|privilege| self.contains(*privilege))
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, privilege: Privilege) -> Privileges {
        Privileges(self.0 | privilege.bit())
    }

    /// Without one.
    #[must_use]
    pub const fn without(self, privilege: Privilege) -> Privileges {
        Privileges(self.0 & !privilege.bit())
    }

    /// Those of either set.
    #[must_use]
    pub fn union(self, other: Privileges) -> Privileges {
        Privileges(self.0 | other.0)
    }

    /// Those of both sets.
    #[must_use]
    pub fn both(self, other: Privileges) -> Privileges {
        Privileges(self.0 & other.0)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn minus(self, other: Privileges) -> Privileges {
        Privileges(self.0 & !other.0)
    }

    /// The dynamic ones.
    #[must_use]
    pub fn dynamic(self) -> Privileges {
        self.both(Privileges::DYNAMIC)
    }

    /// The others.
    #[must_use]
    pub fn fixed(self) -> Privileges {
        self.minus(Privileges::DYNAMIC)
    }

    /// Their names, in the order SHOW GRANTS lists them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let all = (0..FIRST_DYNAMIC + DYNAMIC.len() as u8).map(Privilege);
        all.filter(move |privilege| self.contains(*privilege))
            .map(Privilege::name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_stand_for_what_they_are_called() {
        for (privilege, name) in [
            (Privilege::PROCESS, "PROCESS"),
            (Privilege::ALTER, "ALTER"),
            (Privilege::INDEX, "INDEX"),
            (Privilege::SHOW_DATABASES, "SHOW DATABASES"),
            (Privilege::SUPER, "SUPER"),
            (Privilege::LOCK_TABLES, "LOCK TABLES"),
            (Privilege::REPLICATION_SLAVE, "REPLICATION SLAVE"),
            (Privilege::REPLICATION_CLIENT, "REPLICATION CLIENT"),
            (Privilege::CREATE_USER, "CREATE USER"),
            (Privilege::GRANT_OPTION, "GRANT OPTION"),
            (Privilege::BINLOG_ADMIN, "BINLOG_ADMIN"),
            (Privilege::CONNECTION_ADMIN, "CONNECTION_ADMIN"),
            (Privilege::FLUSH_OPTIMIZER_COSTS, "FLUSH_OPTIMIZER_COSTS"),
            (Privilege::FLUSH_PRIVILEGES, "FLUSH_PRIVILEGES"),
            (Privilege::FLUSH_STATUS, "FLUSH_STATUS"),
            (Privilege::FLUSH_TABLES, "FLUSH_TABLES"),
            (Privilege::FLUSH_USER_RESOURCES, "FLUSH_USER_RESOURCES"),
            (Privilege::REPLICATION_APPLIER, "REPLICATION_APPLIER"),
            (
                Privilege::PERSIST_RO_VARIABLES_ADMIN,
                "PERSIST_RO_VARIABLES_ADMIN",
            ),
            (
                Privilege::REPLICATION_SLAVE_ADMIN,
                "REPLICATION_SLAVE_ADMIN",
            ),
            (
                Privilege::SESSION_VARIABLES_ADMIN,
                "SESSION_VARIABLES_ADMIN",
            ),
            (Privilege::SYSTEM_VARIABLES_ADMIN, "SYSTEM_VARIABLES_ADMIN"),
        ] {
            assert_eq!(privilege.name(), name);
            assert_eq!(Privilege::find(&name.to_lowercase()), Some(privilege));
        }
    }

    #[test]
    fn all_means_what_can_be_granted_there() {
        let count = |level| Privileges::of_level(level).names().count();
        assert_eq!(count(Level::Global), 30 + DYNAMIC.len());
        assert_eq!(count(Level::Database), 18);
        assert_eq!(count(Level::Table), 12);
        assert!(!Privileges::ALL.contains(Privilege::GRANT_OPTION));
    }
}
