//! placeholder
use crate::{args::MysqldCommand, tools, workspace::Workspace};
use anyhow::Result;
pub(crate) fn run(w: &Workspace, what: MysqldCommand) -> Result<()> {
    match what {
        MysqldCommand::Root | MysqldCommand::Pair => {
            let root = tools::mysql_root(w)?;
            println!("{}", root.display());
            Ok(())
        }
    }
}
