//! Scenarios that take minutes and need further programs (`make matrix`).

mod control_plane;
mod earlier;
