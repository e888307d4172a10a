// A conversation with a bot as it happens. Without this file it is read, and written to, by loading the page again.
// What stands on the page always comes from the server; only what is being written this moment is put together here.
(() => {
  const again = [1000, 2000, 5000, 10000, 20000];
  const drawEvery = 400;
  const blocks = ["P", "UL", "OL", "LI", "BLOCKQUOTE", "PRE", "CODE", "H3", "H4", "H5", "H6"];
  let chat = null;

  const id = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  class Chat {
    constructor(root) {
      this.root = root;
      this.path = root.dataset.chat;
      this.query = `session=${encodeURIComponent(root.dataset.session)}`;
      this.messages = root.querySelector("[data-messages]");
      this.live = root.querySelector("[data-live]");
      this.note = root.querySelector("[data-note]");
      this.form = root.querySelector("[data-say]");
      this.last = null;
      this.heard = new Map();
      this.written = new Map();
      this.failures = 0;
      this.clocks();
      if (!root.dataset.older) { this.open(); }
      if (this.form) {
        this.form.querySelector("[data-keys]").hidden = false;
        this.form.addEventListener("keydown", (event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            this.form.requestSubmit();
          }
        });
      }
      root.addEventListener("submit", (event) => {
        event.preventDefault();
        if (event.target === this.form) { this.say(); } else { this.ask(event.target); }
      });
    }

    open() {
      this.shut();
      const after = this.last ? `&after=${this.last}` : "";
      const events = new EventSource(`${this.path}/stream?${this.query}${after}`);
      this.events = events;
      // What happened before it was open is not told any more, so the page is brought up to date first.
      events.onopen = () => { this.failures = 0; this.tell(null); this.refresh(); };
      events.onmessage = (event) => this.hear(event);
      events.onerror = () => {
        this.tell("The connection is lost. It is tried again by itself.");
        if (events.readyState !== EventSource.CLOSED) { return; }
        this.refresh();
        this.timer = setTimeout(() => this.open(), again[Math.min(this.failures++, again.length - 1)]);
      };
    }

    shut() {
      clearTimeout(this.timer);
      this.events?.close();
    }

    hear(event) {
      const what = JSON.parse(event.data);
      if (!what.turnId) {
        if (what.type !== "error") { return; }
        // Of a bot that does not run the page says so itself.
        if (document.getElementById("bot-head")?.dataset.there === "true") { this.tell(what.message); } else { this.refresh(); }
        return;
      }
      this.tell(null);
      this.last = event.lastEventId;
      const number = Number(event.lastEventId.split(":")[1]);
      if (what.type !== "reset" && number <= (this.heard.get(what.turnId) ?? -1)) { return; }
      this.heard.set(what.turnId, number);
      if (this.isAnswered(what.turnId)) { return; }
      if (what.type === "message") { this.refresh(); }
      else if (what.type === "reset") { this.bubble(what.turnId).replaceChildren(); }
      else if (what.type === "text") { this.write(this.bubble(what.turnId), what.delta); }
      else if (what.type === "tool_call") { this.bubble(what.turnId).append(this.make("p", "tool", `${what.tool} ${what.args}`.slice(0, 160))); }
      else if (what.type === "error") { this.bubble(what.turnId).append(this.make("p", "problem", what.message)); }
      else if (what.type === "done") { this.refresh(); }
    }

    isAnswered(turn) {
      return !!this.messages.querySelector(`[data-answer="${turn}"]`);
    }

    bubble(turn) {
      if (!this.written.has(turn)) {
        const item = this.make("li", "said theirs");
        // Read out when it is whole, and not letter by letter.
        item.setAttribute("aria-live", "off");
        item.append(this.make("div", "bubble live"));
        this.written.set(turn, item);
        this.place(turn, item);
      }
      return this.written.get(turn).firstChild;
    }

    // What is being written stands below what it answers.
    place(turn, item) {
      const said = this.messages.querySelector(`[data-said="${turn}"]`);
      if (said) { said.after(item); } else { this.live.prepend(item); }
    }

    write(bubble, text) {
      if (!bubble.lastChild?.classList.contains("markdown")) {
        bubble.append(Object.assign(this.make("div", "markdown"), { written: "", isDrawing: false }));
      }
      const part = bubble.lastChild;
      part.written += text;
      this.add(part, text);
      if (!part.isDrawing) { this.draw(part); }
    }

    // What came since it was drawn goes on where that ends, as it came.
    add(part, text) {
      const fresh = [...part.querySelectorAll(".fresh")].pop();
      if (fresh) {
        fresh.append(text);
        return;
      }
      let end = part;
      while (end.lastElementChild && blocks.includes(end.lastElementChild.nodeName) && !end.lastElementChild.nextSibling?.data?.trim()) {
        end = end.lastElementChild;
      }
      end.append(this.make("span", "fresh", text));
    }

    // The server knows how; it is asked again while more is written.
    async draw(part) {
      part.isDrawing = true;
      for (let drawn = 0; part.isConnected && drawn < part.written.length;) {
        await new Promise((go) => setTimeout(go, drawEvery));
        const written = part.written;
        const html = part.isConnected ? await this.drawing(written) : null;
        if (html === null) { break; }
        part.innerHTML = html;
        drawn = written.length;
        if (part.written.length > drawn) { this.add(part, part.written.slice(drawn)); }
      }
      part.isDrawing = false;
    }

    async drawing(text) {
      try {
        const answer = await fetch(`${this.path}/drawing`, { method: "POST", body: new URLSearchParams({ text }), headers: { "HX-Request": "true" } });
        return answer.status === 200 ? await answer.text() : null;
      } catch { return null; }
    }

    make(tag, style, text) {
      const made = document.createElement(tag);
      made.className = style;
      if (text !== undefined) { made.textContent = text; }
      return made;
    }

    tell(text) {
      this.note.hidden = !text;
      this.note.textContent = text ?? "";
    }

    // One at a time, so that an older answer never takes a newer one's place.
    async refresh() {
      if (this.refreshing) {
        this.stale = true;
        return this.refreshing;
      }
      this.refreshing = this.load();
      try { await this.refreshing; } finally { this.refreshing = null; }
      if (this.stale) {
        this.stale = false;
        return this.refresh();
      }
    }

    async load() {
      const sent = [...this.live.querySelectorAll("[data-sent]")];
      let answer;
      try {
        answer = await fetch(`${this.path}/messages?${this.query}`, { headers: { "HX-Request": "true" } });
        if (answer.headers.get("HX-Refresh")) { location.reload(); }
        if (answer.status !== 200) { return; }
        const html = await answer.text();
        const hadFocus = this.messages.contains(document.activeElement);
        const edits = this.edits();
        this.messages.innerHTML = html;
        if (this.editOn(edits)) { /* Whoever writes goes on writing. */ }
        else if (hadFocus) { this.form?.elements.text.focus(); }
      } catch { return; }
      for (const bubble of sent) { bubble.remove(); }
      for (const [turn, item] of [...this.written]) {
        if (this.isAnswered(turn)) {
          this.written.delete(turn);
          item.remove();
        } else { this.place(turn, item); }
      }
      this.clocks();
    }

    // What is being changed, and not sent yet, when the messages are put anew.
    edits() {
      return [...this.messages.querySelectorAll("details[data-edit][open]")].map((edit) => {
        const field = edit.querySelector("textarea");
        return { turn: edit.dataset.edit, text: field.value, isOn: field === document.activeElement, at: field.selectionStart };
      });
    }

    editOn(edits) {
      let isOn = false;
      for (const { turn, text, isOn: wasOn, at } of edits) {
        const edit = this.messages.querySelector(`details[data-edit="${turn}"]`);
        if (!edit) { continue; }
        edit.open = true;
        const field = edit.querySelector("textarea");
        field.value = text;
        if (!wasOn) { continue; }
        field.focus();
        field.setSelectionRange(at, at);
        isOn = true;
      }
      return isOn;
    }

    clocks() {
      const today = new Date().toDateString();
      for (const clock of document.querySelectorAll("time[data-clock]")) {
        const at = new Date(clock.dateTime);
        const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
        clock.textContent = at.toDateString() === today ? time : `${at.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
        clock.title = at.toLocaleString();
      }
    }

    say() {
      const field = this.form.elements.text;
      if (!field.value.trim()) { return; }
      const body = new FormData(this.form);
      body.set("key", id());
      const item = this.make("li", "said mine");
      const status = this.make("p", "meta", "Sending");
      item.append(this.make("p", "bubble", field.value), status);
      this.live.append(item);
      this.root.querySelector(".chat-empty")?.remove();
      field.value = "";
      this.root.querySelector(".chat-scroll").scrollTop = 0;
      this.send(item, status, body);
    }

    async send(item, status, body) {
      const problem = await this.post(`${this.path}/say`, body);
      if (problem === null) {
        item.dataset.sent = "true";
        this.stale = !!this.refreshing;
        await this.refresh();
        return;
      }
      // The same once more: whatever arrived already is not said twice.
      const retry = this.make("button", "button quiet small", "Send again");
      retry.type = "button";
      retry.addEventListener("click", () => {
        status.replaceChildren("Sending");
        this.send(item, status, body);
      });
      status.replaceChildren(this.make("span", "error", `Not sent. ${problem}`), retry);
    }

    async ask(form) {
      for (const button of form.querySelectorAll("button")) { button.disabled = true; }
      const problem = await this.post(form.action, new FormData(form));
      if (problem === null) { form.closest("details[data-edit]")?.removeAttribute("open"); }
      await this.refresh();
      if (problem !== null) {
        this.tell(problem);
        for (const button of form.querySelectorAll("button")) { button.disabled = false; }
      }
    }

    // Null when it was done, else a sentence.
    async post(url, form) {
      try {
        const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form), headers: { "HX-Request": "true" } });
        if (answer.headers.get("HX-Refresh")) { location.reload(); }
        if (answer.ok) { return null; }
        return answer.headers.get("Content-Type")?.startsWith("text/plain")
          ? await answer.text()
          : "WOPR does not answer right now. Try again in a moment.";
      } catch {
        return "WOPR cannot be reached. Check your connection and try again.";
      }
    }
  }

  const begin = () => {
    const root = document.querySelector("[data-chat]");
    if (root === (chat?.root ?? null)) { return; }
    chat?.shut();
    chat = root && new Chat(root);
  };

  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:afterSettle", begin);
  // A page in the background leaves its connection to those in front; browsers have few of them.
  document.addEventListener("visibilitychange", () => {
    if (!chat || chat.root.dataset.older) { return; }
    if (document.hidden) { chat.shut(); } else { chat.open(); }
  });
  // When the bot comes or goes, so do its messages.
  document.addEventListener("htmx:afterSwap", () => {
    const there = document.getElementById("bot-head")?.dataset.there;
    if (!chat || !chat.root.isConnected || chat.root.dataset.older || there === chat.there) { return; }
    if (there === "true") { chat.tell(null); }
    if (chat.there !== undefined || there === "true") { chat.refresh(); }
    chat.there = there;
  });
})();
