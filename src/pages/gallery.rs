//! Every page and letter in every sample state: what tests render, and what one looks at after a change of style.
use super::*;
use crate::model::Locale;

type Draw<A> = Box<dyn Fn(&Pages, &A) -> Result<String, PageError> + Send + Sync>;
type DrawLetter = Box<dyn Fn(&Pages, Locale) -> Result<RenderedLetter, PageError> + Send + Sync>;

/// One page in one state.
pub struct Specimen {
    pub template: &'static str,
    pub name: &'static str,
    pub draw: Draw<Chrome>,
}

/// One letter in one state.
pub struct LetterSpecimen {
    pub letter: &'static str,
    pub name: &'static str,
    pub draw: DrawLetter,
}

/// The samples of one page. Rooms above that bring pages of their own show them with this, too.
pub fn specimens<P: Page + Send + Sync + 'static>() -> Vec<Specimen> {
    let specimen = |(name, page): (&'static str, P)| Specimen {
        template: P::TEMPLATE,
        name,
        draw: Box::new(move |pages, chrome| pages.render(chrome, &page)),
    };
    P::samples().into_iter().map(specimen).collect()
}

/// The first sample of a page, with announcements on top of it. In a frame of a console some can be put away.
fn announced<P: Page + Send + Sync + 'static>(in_frame: Option<console::Frame>) -> Option<Specimen> {
    let first = match in_frame.clone() {
        Some(frame) => console::framed_in::<P>(frame),
        None => specimens::<P>(),
    };
    let Specimen { template, draw, .. } = first.into_iter().next()?;
    let notes = Announced::samples(in_frame.is_some());
    let draw: Draw<Chrome> = Box::new(move |pages, chrome| draw(pages, &Chrome { announced: notes.clone(), ..chrome.clone() }));
    Some(Specimen { template, name: "announced", draw })
}

/// The samples of one letter.
pub fn letter_specimens<L: LetterPage + Send + Sync + 'static>() -> Vec<LetterSpecimen> {
    let specimen = |(name, letter): (&'static str, L)| LetterSpecimen {
        letter: L::NAME,
        name,
        draw: Box::new(move |pages, locale| pages.letter(locale, &House::plain(), &letter)),
    };
    L::samples().into_iter().map(specimen).collect()
}

/// All pages of this room.
pub fn gallery() -> Vec<Specimen> {
    [
        specimens::<Login>(),
        specimens::<LoginCode>(),
        specimens::<SelectTenant>(),
        specimens::<Consent>(),
        specimens::<SelectAccount>(),
        specimens::<Problem>(),
        specimens::<LogoutConfirm>(),
        specimens::<LoggedOut>(),
        specimens::<CheckSession>(),
        specimens::<FormPost>(),
        specimens::<Locked>(),
        specimens::<Home>(),
        console::framed::<Security>(console::Area::Account),
        specimens::<TotpEnrol>(),
        specimens::<PasskeyAdd>(),
        console::framed::<PasskeyEdit>(console::Area::Account),
        specimens::<RecoveryCodes>(),
        specimens::<Invitation>(),
        specimens::<InvitationMismatch>(),
        specimens::<Bootstrap>(),
        specimens::<Done>(),
        specimens::<RecoveryAsk>(),
        specimens::<RecoveryFactor>(),
        specimens::<RecoveryNew>(),
        specimens::<Renewal>(),
        specimens::<PasswordChange>(),
        specimens::<EmailChange>(),
        specimens::<EmailConfirm>(),
        specimens::<DeviceEntry>(),
        specimens::<DeviceConfirm>(),
        specimens::<DeviceOutcome>(),
        console::gallery(),
        announced::<Login>(None).into_iter().collect(),
        announced::<console::AccountHome>(Some(console::Frame::sample(console::Area::Account))).into_iter().collect(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// All letters of this room.
pub fn letter_gallery() -> Vec<LetterSpecimen> {
    [
        letter_specimens::<letters::EmailCode>(),
        letter_specimens::<letters::Invitation>(),
        letter_specimens::<letters::FactorChanged>(),
        letter_specimens::<letters::PasswordChanged>(),
        letter_specimens::<letters::Joined>(),
        letter_specimens::<letters::NewPassword>(),
        letter_specimens::<letters::ConfirmCode>(),
        letter_specimens::<letters::EmailProof>(),
        letter_specimens::<letters::EmailChanged>(),
        letter_specimens::<letters::Erasure>(),
        letter_specimens::<letters::Merged>(),
        letter_specimens::<letters::TestLetter>(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
