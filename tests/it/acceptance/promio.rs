//! promio.connect: the languages of the way into an account (people.md P18).
use tenantry::policy::presets::Preset;

use super::{BO, NEW, describe};
use crate::admin::office;
use crate::harness::tenantry::Tenantry;

#[tokio::test(flavor = "multi_thread")]
async fn p18_the_whole_way_into_an_account_is_there_in_german_and_in_english() {
    for (language, greeting, step, sign_in, reason) in [
        ("de", "Willkommen bei Acme", "Code scannen", "Anmelden", "Bitte prüfen Sie"),
        ("en", "Join Acme", "Scan the code", "Sign in", "Please check"),
    ] {
        let t = Tenantry::start().await;
        let (_, _, mut office) = office(&t, Preset::Promio).await;
        describe(&mut office, BO).await.fill("#language", language).submit("#person-create").await;
        let letter = t.mailbox.letter(BO).await;
        assert_eq!(letter.subject.starts_with("Ihre Einladung"), language == "de", "{}", letter.subject);
        let mut browser = t.browser().speaking(language);

        browser.goto(crate::harness::mailbox::link_in(&letter.text)).await;

        assert_eq!((browser.page().attr("html", "lang").as_str(), browser.text("h1").as_str()), (language, greeting));
        assert!(browser.page().texts("#invitation-app h2").contains(&step.to_owned()), "the help for the app");
        browser.fill("#password", NEW).fill("#password-repeat", NEW).submit("#invitation-submit").await;
        browser.follow("#done-continue").await;
        assert_eq!(browser.text("h1"), sign_in);
        browser.fill("#identifier", BO).fill("#password", "wrong").submit("#login-submit").await;
        assert!(browser.text("#error").contains(reason), "{}", browser.text("#error"));
    }
}
