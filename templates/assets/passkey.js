// Asks the browser for a passkey when a form[data-passkey] is sent. Without this file the form is sent as it is, and the
// answer says what to do instead.
(function () {
  "use strict";

  function bytes(text) {
    var binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(binary, function (c) {
      return c.charCodeAt(0);
    });
  }

  function text(buffer) {
    var binary = "";
    new Uint8Array(buffer).forEach(function (byte) {
      binary += String.fromCharCode(byte);
    });
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function listed(credentials) {
    return (credentials || []).map(function (credential) {
      return Object.assign({}, credential, { id: bytes(credential.id) });
    });
  }

  // What came as text becomes bytes where the browser wants bytes.
  function question(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) {
      options.user.id = bytes(options.user.id);
    }
    if (options.excludeCredentials) {
      options.excludeCredentials = listed(options.excludeCredentials);
    }
    if (options.allowCredentials) {
      options.allowCredentials = listed(options.allowCredentials);
    }
    return options;
  }

  function answer(credential) {
    var said = credential.response;
    var response = { clientDataJSON: text(said.clientDataJSON) };
    if (said.attestationObject) {
      response.attestationObject = text(said.attestationObject);
    } else {
      response.authenticatorData = text(said.authenticatorData);
      response.signature = text(said.signature);
      if (said.userHandle) {
        response.userHandle = text(said.userHandle);
      }
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: response });
  }

  function problem(error) {
    switch (error && error.name) {
      case "NotAllowedError":
      case "AbortError":
        return "cancelled";
      case "InvalidStateError":
        return "already_there";
      case "Told":
        return error.message;
      default:
        return "unsupported";
    }
  }

  function told(what) {
    return Object.assign(new Error(what), { name: "Told" });
  }

  function ask(form) {
    if (!window.PublicKeyCredential || !navigator.credentials) {
      return Promise.reject(told("unsupported"));
    }
    var fields = new URLSearchParams(new FormData(form));
    return fetch(form.dataset.options, { method: "POST", body: fields, credentials: "same-origin" })
      .then(function (response) {
        return response.json();
      })
      .then(function (offer) {
        if (!offer.publicKey) {
          throw told(offer.problem || "refused");
        }
        form.elements.challenge.value = offer.challenge;
        var wanted = { publicKey: question(offer.publicKey) };
        return form.dataset.passkey === "create" ? navigator.credentials.create(wanted) : navigator.credentials.get(wanted);
      })
      .then(function (credential) {
        form.elements.answer.value = answer(credential);
      });
  }

  Array.prototype.forEach.call(document.querySelectorAll("form[data-passkey]"), function (form) {
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (form.dataset.asking) {
        return;
      }
      form.dataset.asking = "1";
      ask(form)
        .catch(function (error) {
          form.elements.problem.value = problem(error);
        })
        .then(function () {
          Array.prototype.forEach.call(form.querySelectorAll("input[type=password]"), function (input) {
            input.value = "";
          });
          HTMLFormElement.prototype.submit.call(form);
        });
    });
  });
  window.addEventListener("pageshow", function () {
    Array.prototype.forEach.call(document.querySelectorAll("form[data-passkey]"), function (form) {
      delete form.dataset.asking;
    });
  });
})();
