// The person and the browser: follows redirects, keeps cookies, types the password. Knows only ids of protocol.md.
export class Person {
  constructor(issuer, email, password, tenant) {
    this.tenant = tenant;
    this.origin = new URL(issuer).origin;
    this.email = email;
    this.password = password;
    this.cookies = new Map();
  }

  // Opens an address of the provider and answers its pages until the browser is sent elsewhere; gives that address, or
  // the page at which nothing is left to do.
  async visit(address, answers = {}) {
    let page = await this.request(new URL(address));
    for (let step = 0; step < 6; step++) {
      if (page.left) return page.left;
      if (page.html.includes('id="password"')) {
        page = await this.submit(page, 'password', { identifier: this.email, password: this.password });
      } else if (page.html.includes(`id="tenant-${this.tenant}"`)) {
        page = await this.submit(page, `tenant-${this.tenant}`, {});
      } else if (page.html.includes('id="consent-allow"')) {
        page = await this.submit(page, 'consent-allow', { decision: 'allow' });
      } else {
        const next = Object.keys(answers).find((id) => page.html.includes(`id="${id}"`));
        if (!next) return page;
        const fields = answers[next];
        delete answers[next];
        page = await this.submit(page, next, fields);
      }
    }
    throw new Error(`the provider keeps asking: ${page.url}`);
  }

  // Sends the form around the element with this id: its fields as they are filled, and those given.
  async submit(page, id, fields) {
    const at = page.html.indexOf(`id="${id}"`);
    const form = page.html.slice(page.html.lastIndexOf('<form', at), page.html.indexOf('</form>', at));
    const attribute = (tag, name) => tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1]?.replaceAll('&amp;', '&');
    const body = new URLSearchParams();
    for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
      if (['hidden', 'text', undefined].includes(attribute(tag, 'type')) && attribute(tag, 'name')) body.set(attribute(tag, 'name'), attribute(tag, 'value') ?? '');
    }
    for (const [tag] of form.matchAll(/<button[^>]*>/g)) {
      if (attribute(tag, 'id') === id && attribute(tag, 'name')) body.set(attribute(tag, 'name'), attribute(tag, 'value') ?? '');
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return this.request(new URL(attribute(form.slice(0, form.indexOf('>')), 'action') ?? page.url, page.url), body);
  }

  async request(address, body) {
    for (let hop = 0; hop < 12; hop++) {
      const response = await fetch(address, {
        redirect: 'manual',
        method: body ? 'POST' : 'GET',
        body,
        headers: {
          cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(body ? { origin: this.origin } : {}),
        },
      });
      for (const line of response.headers.getSetCookie()) {
        const [name, ...value] = line.split(';')[0].split('=');
        this.cookies.set(name, value.join('='));
      }
      const to = response.headers.get('location');
      if (!to) return { url: address, status: response.status, html: await response.text() };
      [address, body] = [new URL(to, address), undefined];
      if (address.origin !== this.origin) return { left: address };
    }
    throw new Error('too many redirects');
  }
}
