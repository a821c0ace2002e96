//! Ways of people through the pages, in a real browser: with screenshots, judged by axe, without a complaint in the
//! console. In light and dark, wide and narrow.
mod app;
mod consent;
mod desk;
mod german;
mod guides;
mod invitation;
mod konfipay;
mod login;
mod logout;
mod microsoft;
mod passkey;
mod plain;
mod promio;
mod saferpay;
mod stage;
mod tenants;
