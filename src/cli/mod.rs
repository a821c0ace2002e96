//! Floor 9. The command line: arguments in, exit code out. One file a family of commands.
//!
//! Owns: arguments, the environment at the start, the master key's file, what is printed. Never does: decisions.
//! Results go to standard output, log lines and errors to standard error. Secrets are printed once, when they are made.
//!
//! ```text
//! tenantry serve --config /etc/tenantry.toml
//! tenantry tenant add --number 10042 --slug acme --name "Acme Ltd" --json
//! ```
mod api;
mod args;
mod audit;
mod because;
mod deliveries;
mod demo;
mod error;
mod invitations;
mod logging;
mod manage;
mod master_key;
mod open;
mod output;
mod people;
mod policies;
mod preview;
mod profile;
mod registration_tokens;
mod registrations;
mod secrets;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command, Operator};
use error::CliError;
use output::Output;

use crate::config::Config;
use crate::model::TenantState;

/// Runs the command that was typed; everything that can go wrong is printed with what to do next.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = start(cli);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            error.exit_code()
        }
    }
}

fn start(cli: Cli) -> Result<(), CliError> {
    if let Command::Demo(arguments) = cli.command {
        let plan = demo::plan(arguments.data, arguments.port)?;
        logging::start(&plan.configuration()?.log);
        return runtime()?.block_on(demo::demo(plan, &Output::new(cli.common.json)));
    }
    let config = load(&cli)?;
    let output = Output::new(cli.common.json);
    logging::start(&config.log);
    runtime()?.block_on(dispatch(cli.command, config, output))
}

async fn dispatch(command: Command, config: Config, output: Output) -> Result<(), CliError> {
    match command {
        Command::Serve(serve) => serve::serve(config, !serve.no_migrate, &output).await,
        Command::Migrate => manage::migrate(&config, &output).await,
        Command::Operator(Operator::BootstrapLink) => people::bootstrap_link(&config, &output).await,
        Command::Tenant(args::Tenant::Add(add)) => registrations::add_tenant(&config, &output, add).await,
        Command::Tenant(args::Tenant::Disable(named)) => manage::set_tenant_state(&config, &output, named, TenantState::Disabled).await,
        Command::Tenant(args::Tenant::Enable(named)) => manage::set_tenant_state(&config, &output, named, TenantState::Active).await,
        Command::Person(args::Person::Add(add)) => people::add_person(&config, &output, add).await,
        Command::Person(args::Person::Invite(wanted)) => invitations::send(config, &output, wanted).await,
        Command::Person(args::Person::Profile(wanted)) => profile::set(&config, &output, wanted).await,
        Command::Member(args::Member::Add(add)) => people::add_member(&config, &output, add).await,
        Command::Group(args::Group::Add(add)) => registrations::add_group(&config, &output, add).await,
        Command::Client(args::Client::Add(add)) => registrations::add_client(&config, &output, add).await,
        Command::Client(args::Client::Preview(wanted)) => preview::show(config, &output, wanted).await,
        Command::Client(args::Client::Deliveries(wanted)) => deliveries::list(&config, &output, wanted).await,
        Command::Api(api::Api::Add(add)) => api::add(&config, &output, add).await,
        Command::Client(args::Client::Secret(secret)) => secrets::run(&config, &output, secret).await,
        Command::Client(args::Client::RegistrationToken(command)) => registration_tokens::run(&config, &output, command).await,
        Command::Connection(args::Connection::Add(add)) => registrations::add_connection(&config, &output, add).await,
        Command::Policy(command) => policies::run(config, &output, command).await,
        Command::Keys(args::Keys::List) => manage::list_keys(&config, &output).await,
        Command::Keys(args::Keys::Rotate(rotate)) => manage::rotate_keys(&config, &output, rotate.now).await,
        Command::Audit(command) => audit::run(&config, &output, command).await,
        Command::CheckConfig => output.configuration(&config),
        Command::Demo(_) => unreachable!("the demo starts without a configuration"),
    }
}

fn load(cli: &Cli) -> Result<Config, CliError> {
    let mut flags = cli.common.set.clone();
    if let Command::Serve(serve) = &cli.command {
        let named = [("server.listen", &serve.listen), ("server.issuer", &serve.issuer)];
        flags.extend(named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))));
    }
    // The one place that reads the environment.
    let environment = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(Config::load(cli.common.config.as_deref(), environment, flags)?)
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| CliError::new(format!("the runtime cannot start: {error}"), "free memory or file handles and try again"))
}
