//! The protocol over HTTP, as applications meet it. The judge of our answers is a foreign implementation.
mod code_flow;
