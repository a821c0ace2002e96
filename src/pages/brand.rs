//! A tenant's colour, made readable: every variant reaches the contrast that WCAG 2.2 1.4.3 asks for, in both themes.

type Rgb = [f64; 3];

const WHITE: Rgb = [1.0, 1.0, 1.0];
const INK: Rgb = [0.043, 0.055, 0.078];
/// The least favourable grounds of the style sheet that coloured text stands on, light and dark.
const LIGHT_GROUND: Rgb = [0.937, 0.949, 0.965];
const DARK_GROUND: Rgb = [0.141, 0.161, 0.200];
/// 4.5 and a little for rounding.
const READABLE: f64 = 4.6;

/// The style sheet of a tenant whose colour is `#rrggbb`. Empty for anything else: the house colours stay.
pub fn brand_css(color: &str) -> String {
    let Some(own) = parse(color) else { return String::new() };
    let (fill, on_fill) = button(own);
    let light = format!("--brand:{};--on-brand:{};--brand-ink:{}", hex(fill), hex(on_fill), hex(ink(own, LIGHT_GROUND, [0.0; 3])));
    let dark = format!("--brand:{};--on-brand:{};--brand-ink:{}", hex(fill), hex(on_fill), hex(ink(own, DARK_GROUND, WHITE)));
    format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
}

/// Ground and text of a button in a tenant's colour, as letters write it. None for anything that is no colour.
pub fn button_colors(color: &str) -> Option<(String, String)> {
    let (fill, on_fill) = button(parse(color)?);
    Some((hex(fill), hex(on_fill)))
}

/// The filled button: the colour itself with white or dark text, whichever is readable.
fn button(own: Rgb) -> (Rgb, Rgb) {
    if contrast(own, WHITE) >= READABLE {
        (own, WHITE)
    } else if contrast(own, INK) >= READABLE {
        (own, INK)
    } else {
        (ink(own, WHITE, [0.0; 3]), WHITE)
    }
}

/// The colour moved towards `end` until it is readable on `ground`.
fn ink(own: Rgb, ground: Rgb, end: Rgb) -> Rgb {
    let step = |n: u32| mix(own, end, f64::from(n) / 50.0);
    (0..=50).map(step).find(|c| contrast(*c, ground) >= READABLE).unwrap_or(end)
}

fn parse(color: &str) -> Option<Rgb> {
    let digits = color.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let channel = |at: usize| Some(f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?) / 255.0);
    Some([channel(0)?, channel(2)?, channel(4)?])
}

fn hex(color: Rgb) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = |c: f64| (c.clamp(0.0, 1.0) * 255.0).round() as u8;
    format!("#{:02x}{:02x}{:02x}", byte(color[0]), byte(color[1]), byte(color[2]))
}

fn mix(a: Rgb, b: Rgb, part: f64) -> Rgb {
    [0, 1, 2].map(|n| a[n] + (b[n] - a[n]) * part)
}

/// Relative luminance (WCAG 2.2, definition).
fn luminance(color: Rgb) -> f64 {
    let [r, g, b] = color.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Contrast ratio (WCAG 2.2, definition).
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Value of a variable in the n-th block of the style sheet.
    fn value(css: &str, block: usize, name: &str) -> Rgb {
        let block = css.split(":root{").nth(block).unwrap();
        let line = block.split([';', '}']).find_map(|l| l.trim().strip_prefix(name)?.strip_prefix(':')).unwrap();
        parse(line).unwrap()
    }

    #[test]
    fn every_colour_is_readable_in_both_themes() {
        let steps = ["00", "33", "66", "80", "99", "cc", "ff"];
        for at in 0..steps.len().pow(3) {
            let colour = format!("#{}{}{}", steps[at / 49], steps[at / 7 % 7], steps[at % 7]);
            let css = brand_css(&colour);
            for (block, ground) in [(1, LIGHT_GROUND), (2, DARK_GROUND)] {
                let on_button = contrast(value(&css, block, "--brand"), value(&css, block, "--on-brand"));
                let as_text = contrast(value(&css, block, "--brand-ink"), ground);
                assert!(on_button >= 4.5 && as_text >= 4.5, "{colour}: {on_button} {as_text}");
            }
        }
    }

    #[test]
    fn the_house_colours_are_readable_in_both_themes() {
        let css = String::from_utf8(crate::pages::asset("app.css").unwrap().bytes.into_owned()).unwrap();
        let compact: String = css.chars().filter(|c| !c.is_whitespace()).collect();
        for block in [1, 2] {
            let colour = |name: &str| value(&compact, block, name);
            let on_grounds = ["--text", "--soft", "--brand-ink"].map(|ink| ["--surface", "--ground", "--sunk"].map(|ground| (ink, ground)));
            let pairs = [
                ("--on-brand", "--brand"),
                ("--good", "--good-ground"),
                ("--bad", "--bad-ground"),
                ("--bad", "--surface"),
                ("--warn", "--warn-ground"),
                ("--microsoft-text", "--microsoft"),
            ];
            for (ink, ground) in on_grounds.concat().into_iter().chain(pairs) {
                let found = contrast(colour(ink), colour(ground));
                assert!(found >= 4.5, "{ink} on {ground} in block {block}: {found}");
            }
            // WCAG 2.2 1.4.11: the edge of a field, the mark of the focus.
            assert!(contrast(colour("--edge"), colour("--surface")) >= 3.0 && contrast(colour("--brand-ink"), colour("--surface")) >= 3.0);
        }
    }

    #[test]
    fn what_is_no_colour_writes_no_style() {
        for colour in ["", "#12345", "red", "#12345g", "#fff;}body{display:none}", "#+1+1+1", "ffffff"] {
            assert_eq!(brand_css(colour), "", "{colour}");
        }
    }
}
