//! The integration tests: one binary, one line a room of tests. Each room adds its own line.
mod architecture;
mod server;
