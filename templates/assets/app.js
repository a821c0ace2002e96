// Conveniences. Every page works without this file; what needs it stays hidden until it runs.
(function () {
  "use strict";

  function each(selector, what) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), what);
  }

  // A page that only hands fields on to an application (form_post) sends itself.
  each("form[data-autosubmit]", function (form) {
    HTMLFormElement.prototype.submit.call(form);
  });

  // Signed out: go on once every application's frame has loaded, or has had its time.
  each("[data-frames][data-next]", function (box) {
    function leave() {
      window.location.replace(box.dataset.next);
    }
    window.addEventListener("load", leave);
    setTimeout(leave, 3000);
  });

  // One click, one request.
  each("form", function (form) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) {
        event.preventDefault();
      }
      form.dataset.sent = "1";
    });
  });
  window.addEventListener("pageshow", function () {
    each("form", function (form) {
      delete form.dataset.sent;
    });
  });

  each("[data-reveal]", function (button) {
    var input = document.getElementById(button.dataset.reveal);
    var labelShow = button.getAttribute("aria-label");
    function show(yes) {
      input.type = yes ? "text" : "password";
      button.textContent = yes ? button.dataset.hide : button.dataset.show;
      button.setAttribute("aria-label", yes ? button.dataset.labelHide : labelShow);
    }
    button.hidden = false;
    button.addEventListener("click", function () {
      show(input.type === "password");
      input.focus();
    });
    // Browsers must not remember a password as a text.
    input.form.addEventListener("submit", function () {
      show(false);
    });
  });

  // Typing over a code starts it anew.
  each("input.code", function (input) {
    input.addEventListener("focus", function () {
      input.select();
    });
  });

  each("[data-filter]", function (box) {
    var input = box.querySelector("input");
    var status = box.querySelector("[role=status]");
    var rows = document.getElementById(box.dataset.filter).children;
    box.hidden = false;
    input.addEventListener("input", function () {
      var words = input.value.toLocaleLowerCase().split(/\s+/);
      var found = 0;
      Array.prototype.forEach.call(rows, function (row) {
        var text = row.dataset.text.toLocaleLowerCase();
        row.hidden = !words.every(function (word) {
          return text.indexOf(word) >= 0;
        });
        found += row.hidden ? 0 : 1;
      });
      status.textContent = found ? "" : status.dataset.none;
    });
  });

  if (navigator.clipboard) {
    each("[data-copy]", function (button) {
      var label = button.textContent;
      button.hidden = false;
      button.addEventListener("click", function () {
        navigator.clipboard.writeText(document.getElementById(button.dataset.copy).innerText.trim()).then(function () {
          button.textContent = button.dataset.done;
          setTimeout(function () {
            button.textContent = label;
          }, 2000);
        });
      });
    });
  }

  each("[data-print]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      window.print();
    });
  });
})();
