//! Questions to the user. A script gets none: it passes `-y`.

use std::io::{self, BufRead, IsTerminal, Write};

use super::failure::Failure;

/// Asks a question that is answered with yes or no.
///
/// # Errors
/// When the user says no, or when no terminal can show the question.
pub fn confirm(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::new(format!("no terminal can show the question: {question}"))
            .remedy("pass -y to say yes")
            .into());
    }
    let mut screen = anstream::stderr().lock();
    write!(screen, "{question} [y/N] ")?;
    screen.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if is_yes(&answer) {
        Ok(())
    } else {
        Err(Failure::new("nothing was changed, because the answer was no").into())
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_a_yes() {
        assert!(is_yes("y\n") && is_yes("Yes\n"));
        assert!(!is_yes("\n") && !is_yes("n\n") && !is_yes("yeah\n"));
    }
}
