//! What takes minutes and programs that nothing else needs: `make matrix` runs it.

mod control_plane;
mod earlier;
