//! What a user of `stackwright config` reads, word by word.
//!
//! `transcripts/*.md` are read by people too: each block shows a command, run in the folder of the same name
//! with `.in` at its end, and all that it prints. `transcripts/*.toml` are commands of which standard output
//! and standard error are held apart, in `*.stdout` and `*.stderr`. `TRYCMD=overwrite cargo test --test
//! compose` writes what is printed now.

#[test]
fn config_prints_what_the_transcripts_say() {
    // Each of these says that it takes nothing from the environment of the machine.
    trycmd::TestCases::new().case("tests/compose/transcripts/*.toml");
    trycmd::TestCases::new()
        .case("tests/compose/transcripts/*.md")
        // Pages cannot say so: what could be there of colours and of projects.
        .env("NO_COLOR", "1")
        .env("CLICOLOR_FORCE", "0")
        .env("COMPOSE_PROFILES", "")
        .env("COMPOSE_PROJECT_NAME", "")
        .env("COMPOSE_ENV_FILES", "")
        .env("COMPOSE_DISABLE_ENV_FILE", "");
}
