// Looks for news of this page and shows them without losing the place. Without scripts the page reloads itself.
(function () {
  "use strict";

  var parsed = new DOMParser();

  async function look() {
    var main = document.querySelector("main");
    var seconds = Number(main.dataset.refresh);
    try {
      var answer = await fetch(location.href);
      var fresh = parsed.parseFromString(await answer.text(), "text/html").querySelector("main");
      if (answer.ok && fresh) {
        seconds = Number(fresh.dataset.refresh);
        if (fresh.innerHTML !== main.innerHTML) {
          var focused = main.contains(document.activeElement) && document.activeElement.getAttribute("href");
          main.replaceWith(fresh);
          Array.prototype.some.call(focused ? fresh.querySelectorAll("a") : [], function (link) {
            return link.getAttribute("href") === focused && (link.focus({ preventScroll: true }), true);
          });
        }
      }
    } catch (_) {
      // The demo was stopped; when it runs again, so does this.
    }
    setTimeout(look, seconds * 1000);
  }

  setTimeout(look, Number(document.querySelector("main").dataset.refresh) * 1000);
})();
