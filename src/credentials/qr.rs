//! QR codes as SVG: one path on a white ground, no script, no style, any size.
use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// White modules around the code (ISO/IEC 18004 asks for four).
const QUIET: i32 = 4;

/// Draws a text. Empty when it is longer than a QR code can hold (2,331 bytes), which `totp::uri` never makes.
pub fn qr_svg(text: &str) -> String {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return String::new() };
    let size = code.size() + 2 * QUIET;
    format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" aria-label="QR code" shape-rendering="crispEdges">"#,
            r##"<rect width="100%" height="100%" fill="#fff"/><path fill="#000" d="{path}"/></svg>"##
        ),
        size = size,
        path = path(&code)
    )
}

/// One horizontal bar for each run of dark modules.
fn path(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let start = x;
            while x < code.size() && code.get_module(x, y) {
                x += 1;
            }
            if x > start {
                let width = x - start;
                write!(path, "M{} {}h{width}v1h-{width}z", start + QUIET, y + QUIET).expect("writing to a String cannot fail");
            } else {
                x += 1;
            }
        }
    }
    path
}
