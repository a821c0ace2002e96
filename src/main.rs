//! The program: hands over to the command line and gives its exit code back.
use std::process::ExitCode;

fn main() -> ExitCode {
    tenantry::cli::run()
}
