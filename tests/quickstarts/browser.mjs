// A browser without scripts and the person before it: follows redirects, keeps cookies, answers Tenantry's pages by their
// ids. All sites are ports of localhost, which share their cookies (RFC 6265 8.5).
export class Browser {
  #cookies = new Map();

  constructor({ email, password }) {
    this.email = email;
    this.password = password;
  }

  // Opens an address and answers what is asked, until a page is reached on which nothing is to be answered.
  async visit(address, tenant, { stopAt } = {}) {
    let page = await this.#request(new URL(address));
    for (let step = 0; step < 8; step++) {
      const has = (id) => page.html.includes(`id="${id}"`);
      if (stopAt && has(stopAt)) return page;
      if (has('password')) page = await this.#submit(page, 'password', { identifier: this.email, password: this.password });
      else if (tenant && has(`tenant-${tenant}`)) page = await this.#submit(page, `tenant-${tenant}`);
      else if (has('consent-allow')) page = await this.#submit(page, 'consent-allow');
      else if (has('sign-in')) page = await this.#submit(page, 'sign-in');
      else if (has('device-submit')) page = await this.#submit(page, 'device-submit', { user_code: this.userCode });
      else if (has('device-allow')) page = await this.#submit(page, 'device-allow', { compared: 'yes' });
      else if (has('form-post')) page = await this.#submit(page, 'form-post');
      else return page;
    }
    throw new Error(`the same question again and again: ${page.url}`);
  }

  // One request with the cookies, whatever it answers.
  async once(address) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(address, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  // Sends the form around the element with this id, as a click on it would.
  async #submit(page, id, fields = {}) {
    const at = page.html.indexOf(`id="${id}"`);
    const form = page.html.slice(page.html.lastIndexOf('<form', at), page.html.indexOf('</form>', at));
    const attribute = (tag, name) => tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1]?.replaceAll('&amp;', '&');
    const body = new URLSearchParams();
    for (const [tag] of form.matchAll(/<(?:input|button)[^>]*>/g)) {
      const sent = attribute(tag, 'type') === 'hidden' || attribute(tag, 'id') === id;
      if (sent && attribute(tag, 'name')) body.set(attribute(tag, 'name'), attribute(tag, 'value') ?? '');
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return this.#request(new URL(attribute(form.slice(0, form.indexOf('>')), 'action') ?? page.url, page.url), body);
  }

  async #request(address, body) {
    for (let hop = 0; hop < 20; hop++) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(address, {
        redirect: 'manual',
        method: body ? 'POST' : 'GET',
        body,
        headers: { cookie, ...(body ? { origin: address.origin } : {}) },
      });
      for (const line of response.headers.getSetCookie()) this.#keep(line);
      const to = response.headers.get('location');
      if (!to) return { url: address, status: response.status, html: await response.text() };
      [address, body] = [new URL(to, address), undefined];
    }
    throw new Error(`too many redirects: ${address}`);
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(';').map((part) => part.trim());
    const cut = pair.indexOf('=');
    const gone = attributes.some((a) => /^max-age=(0|-\d+)$/i.test(a) || (/^expires=/i.test(a) && new Date(a.slice(8)) < new Date()));
    if (gone) this.#cookies.delete(pair.slice(0, cut));
    else this.#cookies.set(pair.slice(0, cut), pair.slice(cut + 1));
  }
}
