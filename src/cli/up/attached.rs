//! What `up` does after the Stack is ready, unless the user detaches.

use crate::cli::connection::Connection;
use crate::cli::program;
use crate::cli::terminal::message;

/// Says how to go on. The Stack runs without this program.
pub fn attach(connection: &Connection, name: &str, quiet: bool) -> anyhow::Result<()> {
    if !quiet {
        let (program, namespace) = (program::name(), &connection.namespace);
        message!("Stack {name} is ready. Remove it with {program} down -p {name} -n {namespace}");
    }
    Ok(())
}
