//! Programs whose password flags have no telling names.

/// The password arguments of a program.
#[derive(Debug)]
pub struct Program {
    /// The names of the program, without a folder.
    pub names: &'static [&'static str],
    /// Flags with a password as the next word.
    pub secrets: &'static [&'static str],
    /// Flags with a password, or a user and a password, in the same word.
    pub attached: &'static [&'static str],
    /// Flags with a user and a password as the next word.
    pub logins: &'static [&'static str],
    /// The separator between user and password.
    pub sign: char,
    /// Subcommands with a password as a further word. The number counts the words between the subcommand and the
    /// password.
    positional: &'static [(&'static [&'static str], usize)],
}

const NONE: Program =
    Program { names: &[], secrets: &[], attached: &[], logins: &[], sign: ':', positional: &[] };

static PROGRAMS: [Program; 25] = [
    Program {
        names: &["redis-cli", "valkey-cli", "keydb-cli", "redis-benchmark", "dragonfly"],
        secrets: &["-a", "--pass"],
        ..NONE
    },
    Program {
        // `-p` without a value in the same word prompts for the password, and the next word is a database.
        names: &[
            "mysql",
            "mysqladmin",
            "mysqldump",
            "mysqlshow",
            "mysqlcheck",
            "mysqlimport",
            "mysqlsh",
            "mysqlslap",
            "mariadb",
            "mariadb-admin",
            "mariadb-dump",
            "mariadb-check",
            "mariadb-show",
        ],
        attached: &["-p"],
        ..NONE
    },
    Program {
        names: &[
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "mongoexport",
            "mongoimport",
            "mongostat",
            "mongotop",
        ],
        secrets: &["-p"],
        attached: &["-p"],
        ..NONE
    },
    Program {
        names: &["curl"],
        attached: &["-u", "-U"],
        logins: &["-u", "--user", "-U", "--proxy-user"],
        ..NONE
    },
    Program { names: &["http", "https", "xh"], logins: &["-a", "--auth"], ..NONE },
    Program { names: &["turnserver"], logins: &["-u", "--user"], ..NONE },
    Program { names: &["etcdctl"], logins: &["--user"], ..NONE },
    Program { names: &["smbclient", "smbget", "rpcclient"], logins: &["-U", "--user"], sign: '%', ..NONE },
    Program { names: &["sqlcmd", "bcp", "osql", "tsql"], secrets: &["-P"], attached: &["-P"], ..NONE },
    Program { names: &["sshpass"], secrets: &["-p"], attached: &["-p"], ..NONE },
    Program {
        names: &["ldapsearch", "ldapwhoami", "ldapadd", "ldapmodify", "ldapdelete", "ldappasswd"],
        secrets: &["-w", "-s"],
        attached: &["-w"],
        ..NONE
    },
    Program { names: &["slappasswd"], secrets: &["-s"], ..NONE },
    Program { names: &["mosquitto_pub", "mosquitto_sub", "mosquitto_rr"], secrets: &["-P", "--pw"], ..NONE },
    Program { names: &["mosquitto_passwd"], positional: &[(&[], 2)], ..NONE },
    // The command can omit the file and print to standard output. A user name in place of the password does no harm
    // in a Secret.
    Program { names: &["htpasswd"], positional: &[(&[], 1), (&[], 2)], ..NONE },
    Program { names: &["sentinel"], positional: &[(&["auth-pass"], 1)], ..NONE },
    Program { names: &["cqlsh", "cypher-shell", "influx", "rabbitmqadmin"], secrets: &["-p"], ..NONE },
    Program {
        names: &["rabbitmqctl"],
        positional: &[(&["add_user"], 1), (&["change_password"], 1), (&["authenticate_user"], 1)],
        ..NONE
    },
    Program {
        names: &["neo4j-admin"],
        positional: &[(&["set-initial-password"], 0), (&["dbms", "set-initial-password"], 0)],
        ..NONE
    },
    Program {
        names: &["mc", "mcli"],
        positional: &[
            (&["alias", "set"], 3),
            (&["config", "host", "add"], 3),
            (&["admin", "user", "add"], 2),
        ],
        ..NONE
    },
    Program { names: &["vault", "bao"], positional: &[(&["login"], 0)], ..NONE },
    Program { names: &["openssl"], secrets: &["-k"], ..NONE },
    Program { names: &["ssh-keygen"], secrets: &["-N"], ..NONE },
    Program { names: &["zip", "unzip"], secrets: &["-P"], ..NONE },
    Program { names: &["7z", "7za", "7zr"], attached: &["-p"], ..NONE },
];

/// Returns the names of all programs.
pub fn names() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().flat_map(|program| program.names).copied()
}

/// Returns the program that a word starts.
pub fn program(word: &str) -> Option<&'static Program> {
    let name = word.rsplit('/').next().filter(|_| !word.contains("://"))?;
    PROGRAMS.iter().find(|program| program.names.contains(&name))
}

impl Program {
    /// Reports whether a word combines flags of one letter, and the last takes a user and a password.
    pub fn ends_in_login(&self, word: &str) -> bool {
        let letters =
            word.strip_prefix('-').filter(|letters| letters.bytes().all(|b| b.is_ascii_alphabetic()));
        let is_last =
            |flag: &&str| flag.len() == 2 && letters.is_some_and(|letters| letters.ends_with(&flag[1..]));
        self.attached.iter().any(|flag| self.logins.contains(flag) && is_last(flag))
    }

    /// Reports whether the last word of a command is a password. The words contain no flags, and the first is the
    /// program.
    pub fn is_positional(&self, words: &[String]) -> bool {
        let Some((_, words)) = words.split_first() else { return false };
        self.positional.iter().any(|(begins, between)| {
            words.len() == begins.len() + between + 1
                && words.iter().zip(*begins).all(|(word, part)| word == part)
        })
    }
}
