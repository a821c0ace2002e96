//! `oidcc-formpost-basic-certification-test-plan`: every module of the basic plan (see `basic.rs`) with
//! `response_mode=form_post`. Success and errors alike come as a form that posts itself to the callback, with nothing
//! in the query. That it does post itself is shown in a real browser by
//! `journeys::plain::form_post_sends_itself_where_scripts_run`.
use super::modules;
use super::suite::Mode;

super::modules::plan!(Mode::FormPost);
