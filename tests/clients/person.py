"""The person and the browser: follows redirects, keeps cookies, types the password. Knows only ids of protocol.md."""
import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import requests


class Person:
    def __init__(self, issuer, email, password, tenant):
        self.issuer, self.email, self.password, self.tenant = issuer, email, password, tenant
        self.browser = requests.Session()

    def visit(self, address, answers=None):
        """Answers the provider's pages until the browser is sent elsewhere; gives that address, or the last page's text."""
        answers = dict(answers or {})
        left, page, at = self.request(address)
        for _ in range(6):
            if left:
                return left
            if 'id="password"' in page:
                left, page, at = self.submit(page, at, "password", {"identifier": self.email, "password": self.password})
            elif f'id="tenant-{self.tenant}"' in page:
                left, page, at = self.submit(page, at, f"tenant-{self.tenant}", {})
            elif 'id="consent-allow"' in page:
                left, page, at = self.submit(page, at, "consent-allow", {"decision": "allow"})
            else:
                known = next((name for name in answers if f'id="{name}"' in page), None)
                if known is None:
                    return page
                left, page, at = self.submit(page, at, known, answers.pop(known))
        raise AssertionError(f"the provider keeps asking: {at}")

    def submit(self, page, at, element, fields):
        """Sends the form around the element with this id: its fields as they are filled, and those given."""
        middle = page.index(f'id="{element}"')
        form = page[page.rindex("<form", 0, middle) : page.index("</form>", middle)]

        def attribute(tag, name):
            found = re.search(rf'\s{name}="([^"]*)"', tag)
            return unescape(found[1]) if found else None

        inputs = [tag for tag in re.findall(r"<input[^>]*>", form) if attribute(tag, "type") in ("hidden", "text", None)]
        body = {attribute(tag, "name"): attribute(tag, "value") or "" for tag in inputs if attribute(tag, "name")}
        for tag in re.findall(r"<button[^>]*>", form):
            if attribute(tag, "id") == element and attribute(tag, "name"):
                body[attribute(tag, "name")] = attribute(tag, "value") or ""
        body.update(fields)
        action = attribute(form[: form.index(">")], "action") or at
        return self.request(urljoin(at, action), body)

    def request(self, address, body=None):
        for _ in range(12):
            method = "POST" if body is not None else "GET"
            headers = {"origin": self.issuer} if body is not None else {}
            answer = self.browser.request(method, address, data=body, headers=headers, allow_redirects=False, timeout=20)
            to = answer.headers.get("location")
            if not to:
                return None, answer.text, address
            address, body = urljoin(address, to), None
            if urlsplit(address).netloc != urlsplit(self.issuer).netloc:
                return address, None, None
        raise AssertionError("too many redirects")
