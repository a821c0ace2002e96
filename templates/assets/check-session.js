// The check_session_iframe of OpenID Connect Session Management 1.0: an application asks "client_id session_state", the
// answer is "unchanged", "changed" or "error".
(function () {
  "use strict";

  var name = document.currentScript.dataset.cookie + "=";

  function state() {
    var found = document.cookie.split("; ").filter(function (pair) {
      return pair.indexOf(name) === 0;
    });
    return found.length === 1 ? found[0].slice(name.length) : "";
  }

  function hex(buffer) {
    return Array.prototype.map
      .call(new Uint8Array(buffer), function (byte) {
        return ("0" + byte.toString(16)).slice(-2);
      })
      .join("");
  }

  window.addEventListener("message", function (event) {
    if (!event.source || event.origin === "null") {
      return;
    }
    function answer(text) {
      event.source.postMessage(text, event.origin);
    }
    var parts = typeof event.data === "string" ? event.data.split(" ") : [];
    var given = parts.length === 2 ? parts[1].split(".") : [];
    if (given.length !== 2 || !parts[0]) {
      answer("error");
      return;
    }
    var text = [parts[0], event.origin, state(), given[1]].join(" ");
    window.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)).then(
      function (hash) {
        answer(hex(hash) === given[0] ? "unchanged" : "changed");
      },
      function () {
        answer("error");
      }
    );
  });
})();
