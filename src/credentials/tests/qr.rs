//! QR codes.
use qrcodegen::{QrCode, QrCodeEcc};

use crate::credentials::qr::qr_svg;
use crate::credentials::totp;

/// Paints the path again, module by module.
fn painted(svg: &str, size: usize) -> Vec<Vec<bool>> {
    let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut grid = vec![vec![false; size]; size];
    for bar in path.split('M').skip(1) {
        let (from, width) = bar.split_once('h').unwrap();
        let (x, y) = from.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let width: usize = width.split('v').next().unwrap().parse().unwrap();
        grid[y][x..x + width].fill(true);
    }
    grid
}

#[test]
fn the_path_paints_exactly_the_code_with_a_quiet_zone() {
    let link = totp::uri(b"12345678901234567890", "Tenantry", "anna@example.com").unwrap();
    let code = QrCode::encode_text(link.expose(), QrCodeEcc::Medium).unwrap();
    let size = usize::try_from(code.size()).unwrap() + 8;
    let grid = painted(&qr_svg(link.expose()), size);
    for (y, row) in grid.iter().enumerate() {
        for (x, dark) in row.iter().enumerate() {
            let at = |n: usize| i32::try_from(n).unwrap() - 4;
            assert_eq!(*dark, code.get_module(at(x), at(y)), "{x} {y}");
        }
    }
}

#[test]
fn the_picture_has_no_script_no_style_and_says_what_it_is() {
    let svg = qr_svg("\"><script>alert(1)</script>");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
    assert!(svg.contains("role=\"img\"") && svg.contains("aria-label=") && svg.contains("viewBox=\"0 0 "));
    assert_eq!(svg.matches("<path").count(), 1);
    for never in ["script", "style", "alert", "onload", "href", "{"] {
        assert!(!svg.contains(never), "{never}");
    }
}

#[test]
fn the_longest_link_fits_and_too_long_a_text_gives_nothing() {
    let link = totp::uri(b"12345678901234567890", &"ü".repeat(64), &"a".repeat(254)).unwrap();
    assert!(!qr_svg(link.expose()).is_empty());
    assert_eq!(qr_svg(&"x".repeat(3000)), "");
}
