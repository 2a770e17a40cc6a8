"use strict";
(() => {
  const root = document.documentElement;
  const one = (id) => document.getElementById(id);
  const cards = [...document.querySelectorAll(".card")];
  const chips = [...document.querySelectorAll(".chip")];
  const search = one("search");
  const route = one("route");
  const texts = new Map();
  root.classList.add("script");

  // The text of a card, collected once it is asked for: a page is interactive before any of it is read.
  const textOf = (card) => {
    if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase());
    return texts.get(card);
  };
  const pressed = (filter) =>
    chips.filter((chip) => chip.dataset.filter === filter && chip.getAttribute("aria-pressed") === "true")
      .map((chip) => chip.dataset.value);
  const shown = () => cards.filter((card) => !card.hidden);

  const apply = () => {
    const layers = pressed("layer");
    const severities = pressed("severity");
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const card of cards) {
      const own = card.dataset.layers.split(" ");
      const severity = card.closest(".severity").dataset.severity;
      card.hidden = !(
        (!layers.length || own.some((layer) => layers.includes(layer))) &&
        (!severities.length || severities.includes(severity)) &&
        (!route.value || card.dataset.routes.split("|").includes(route.value)) &&
        words.every((word) => textOf(card).includes(word))
      );
    }
    for (const section of document.querySelectorAll(".severity")) {
      section.hidden = !section.querySelector(".card:not([hidden])");
    }
    const left = shown().length;
    const noun = cards.length === 1 ? "finding" : "findings";
    one("count").textContent = left === cards.length ? `${left} ${noun}` : `${left} of ${cards.length} ${noun}`;
    one("clear").hidden = !(layers.length || severities.length || words.length || route.value);
    one("none").hidden = left > 0 || cards.length === 0;
  };
  const press = (chip, on) => chip.setAttribute("aria-pressed", String(on));
  const clear = () => {
    search.value = "";
    route.value = "";
    chips.forEach((chip) => press(chip, false));
    apply();
  };

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 80);
  });
  route.addEventListener("change", apply);
  one("filter").addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  one("clear").addEventListener("click", () => {
    clear();
    search.focus();
  });
  chips.forEach((chip) => chip.addEventListener("click", () => {
    press(chip, chip.getAttribute("aria-pressed") !== "true");
    apply();
  }));
  document.querySelectorAll(".cell").forEach((cell) => cell.addEventListener("click", () => {
    search.value = "";
    route.value = cell.dataset.route;
    chips.forEach((chip) => press(chip, chip.dataset.value === cell.dataset.layer));
    apply();
    const first = shown()[0];
    if (first) go(first, true);
  }));

  const go = (card, open) => {
    const details = card.querySelector("details");
    if (open) details.open = true;
    card.querySelector("summary").focus({ preventScroll: true });
    card.scrollIntoView({ block: "start" });
  };
  const move = (step) => {
    const visible = shown();
    const here = visible.indexOf(document.activeElement.closest(".card"));
    const next = here < 0 ? (step > 0 ? 0 : visible.length - 1) : Math.min(Math.max(here + step, 0), visible.length - 1);
    if (visible[next]) go(visible[next], false);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape") {
      clear();
      if (typing) event.target.blur();
    } else if (typing) {
      return;
    } else if (event.key === "/") {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      move(event.key === "j" ? 1 : -1);
    }
  });

  const theme = one("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => {
    theme.textContent = dark() ? "Light" : "Dark";
    theme.setAttribute("aria-pressed", String(dark()));
    theme.setAttribute("aria-label", "Dark theme");
  };
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    tell();
  });
  system.addEventListener("change", tell);

  document.querySelectorAll(".copy").forEach((button) => button.addEventListener("click", () => {
    const code = button.parentElement.querySelector("pre");
    const done = () => {
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    };
    const select = () => {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    };
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, select);
    else select();
  }));

  const opened = [];
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((details) => {
      details.open = true;
      opened.push(details);
    });
  });
  addEventListener("afterprint", () => opened.splice(0).forEach((details) => { details.open = false; }));

  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (target && target.matches(".card")) go(target, true);
  tell();
  apply();
  root.dataset.ready = String(Math.round(performance.now()));
})();
