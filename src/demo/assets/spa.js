// Tour Board: a public client. Code flow with PKCE by fetch; tokens live in this page's memory and nowhere else.
(function () {
  "use strict";

  var board = document.getElementById("board");
  var issuer = board.dataset.issuer;
  var client = board.dataset.client;
  var here = board.dataset.here;
  var scope = "openid profile email offline_access tenant groups permissions locations";
  var kept = "tour-board";
  var tokens = null;
  var metadata = null;

  function byId(id) {
    return document.getElementById(id);
  }

  function toText(bytes) {
    var binary = String.fromCharCode.apply(null, new Uint8Array(bytes));
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function toBytes(text) {
    var binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(binary, function (c) {
      return c.charCodeAt(0);
    });
  }

  function random() {
    return toText(crypto.getRandomValues(new Uint8Array(32)));
  }

  function digest(text) {
    return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  }

  async function json(url, options) {
    var answer = await fetch(url, options);
    var body = await answer.json();
    if (!answer.ok) {
      throw new Error(answer.status + " " + (body.error || "") + ": " + (body.error_description || "-"));
    }
    return body;
  }

  async function discover() {
    if (!metadata) {
      var found = await json(issuer + "/.well-known/openid-configuration");
      if (found.issuer !== issuer) {
        throw new Error("discovery names another issuer");
      }
      metadata = found;
    }
    return metadata;
  }

  function tell(text, good) {
    var note = byId("news");
    note.textContent = text;
    note.className = good ? "note note-good" : "note";
    note.hidden = !text;
  }

  async function signIn() {
    var provider = await discover();
    var begun = { state: random(), nonce: random(), verifier: random() };
    sessionStorage.setItem(kept, JSON.stringify(begun));
    location.assign(provider.authorization_endpoint + "?" + new URLSearchParams({
      response_type: "code",
      client_id: client,
      redirect_uri: here,
      scope: scope,
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: toText(await digest(begun.verifier)),
      code_challenge_method: "S256"
    }));
  }

  async function arrive(answer) {
    var begun = JSON.parse(sessionStorage.getItem(kept) || "null");
    sessionStorage.removeItem(kept);
    history.replaceState(null, "", here);
    if (!begun || begun.state !== answer.get("state")) {
      throw new Error("the answer belongs to no sign-in that was begun here (state)");
    }
    if (answer.get("iss") !== issuer) {
      throw new Error("the answer does not come from our provider (iss)");
    }
    if (answer.get("error")) {
      throw new Error(answer.get("error") + ": " + (answer.get("error_description") || "-"));
    }
    await ask({ grant_type: "authorization_code", code: answer.get("code"), redirect_uri: here, code_verifier: begun.verifier }, begun.nonce);
  }

  async function ask(form, nonce) {
    var provider = await discover();
    form.client_id = client;
    var fresh = await json(provider.token_endpoint, { method: "POST", body: new URLSearchParams(form) });
    var seen = [];
    if (fresh.id_token) {
      seen.push(await examine("id_token", fresh.id_token, client, nonce, fresh.access_token));
    }
    seen.push(await examine("access_token", fresh.access_token, issuer));
    var bad = seen.filter(function (one) {
      return !one.good;
    });
    if (!bad.length) {
      tokens = Object.assign({}, tokens, fresh);
    }
    show(seen);
    if (bad.length) {
      throw new Error("the " + bad[0].title + " was refused");
    }
  }

  function importable(key, alg) {
    if (alg === "RS256" && key.kty === "RSA") {
      return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    }
    if (alg === "ES256" && key.kty === "EC" && key.crv === "P-256") {
      return { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    }
    throw new Error("no algorithm of ours: " + alg);
  }

  async function signedBy(token, header) {
    var set = await json(metadata.jwks_uri);
    var key = set.keys.find(function (one) {
      return one.kid === header.kid && one.alg === header.alg;
    });
    if (!key) {
      return false;
    }
    var how = importable(key, header.alg);
    var imported = await crypto.subtle.importKey("jwk", key, how, false, ["verify"]);
    var parts = token.split(".");
    return crypto.subtle.verify(how, imported, toBytes(parts[2]), new TextEncoder().encode(parts[0] + "." + parts[1]));
  }

  // OpenID Connect Core 3.1.3.7: nothing in a token counts unless every check is good.
  async function examine(title, token, audience, nonce, accessToken) {
    var parts = token.split(".").slice(0, 2).map(function (part) {
      return JSON.parse(new TextDecoder().decode(toBytes(part)));
    });
    var header = parts[0];
    var claims = parts[1];
    var now = Date.now() / 1000;
    var checks = [["signature", await signedBy(token, header), header.alg + " " + header.kid]];
    checks.push(["iss", claims.iss === issuer, claims.iss]);
    checks.push(["aud", [].concat(claims.aud).indexOf(audience) >= 0, String(claims.aud)]);
    checks.push(["exp", claims.exp > now - 10 && claims.iat < now + 10, Math.round(claims.exp - now) + " s"]);
    if (nonce) {
      checks.push(["nonce", claims.nonce === nonce, claims.nonce]);
    }
    if (accessToken && claims.at_hash) {
      var half = (await digest(accessToken)).slice(0, 16);
      checks.push(["at_hash", claims.at_hash === toText(half), claims.at_hash]);
    }
    var good = checks.every(function (check) {
      return check[1];
    });
    return { title: title, raw: token, header: header, claims: claims, checks: checks, good: good };
  }

  function node(tag, className, text) {
    var made = document.createElement(tag);
    made.className = className || "";
    made.textContent = text || "";
    return made;
  }

  function code(className, value) {
    var pre = node("pre", className, JSON.stringify(value, null, 2));
    pre.tabIndex = 0;
    return pre;
  }

  function cardOf(title) {
    var card = node("section", "card token");
    card.dataset.token = title;
    card.append(node("h2", "", title));
    return card;
  }

  function show(seen) {
    byId("tokens").replaceChildren.apply(byId("tokens"), seen.map(function (one) {
      var card = cardOf(one.title);
      var list = node("ul", "checks");
      one.checks.forEach(function (check) {
        list.append(node("li", check[1] ? "badge badge-good" : "badge badge-bad", (check[1] ? "✓ " : "✗ ") + check[0] + " " + check[2]));
      });
      var verdict = node("p");
      verdict.append(one.good ? node("span", "badge badge-good", board.dataset.verified) : node("span", "badge badge-bad", board.dataset.refused));
      var raw = node("details", "raw");
      raw.append(node("summary", "", board.dataset.raw), node("pre", "", one.raw));
      card.append(verdict, list, code("header", one.header), code("claims", one.claims), raw);
      return card;
    }));
    buttons();
  }

  async function userinfo() {
    var provider = await discover();
    var claims = await json(provider.userinfo_endpoint, { headers: { Authorization: "Bearer " + tokens.access_token } });
    var card = cardOf("userinfo");
    card.append(code("claims", claims));
    var old = document.querySelector("[data-token=userinfo]");
    if (old) {
      old.remove();
    }
    byId("tokens").prepend(card);
  }

  async function logout() {
    var provider = await discover();
    var hint = tokens.id_token;
    tokens = null;
    location.assign(provider.end_session_endpoint + "?" + new URLSearchParams({
      id_token_hint: hint,
      client_id: client,
      post_logout_redirect_uri: here
    }));
  }

  function buttons() {
    byId("sign-in").hidden = !!tokens;
    byId("refresh").hidden = !(tokens && tokens.refresh_token);
    byId("userinfo").hidden = !tokens;
    byId("logout").hidden = !tokens;
  }

  function guarded(work) {
    return function () {
      tell("");
      work().catch(function (error) {
        tell(error.message, false);
      }).finally(buttons);
    };
  }

  byId("sign-in").addEventListener("click", guarded(signIn));
  byId("userinfo").addEventListener("click", guarded(userinfo));
  byId("logout").addEventListener("click", guarded(logout));
  byId("refresh").addEventListener("click", guarded(function () {
    return ask({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
  }));

  var answer = new URLSearchParams(location.search);
  if (answer.has("state")) {
    guarded(function () {
      return arrive(answer);
    })();
  } else {
    buttons();
  }
})();
