// Looks for news every two seconds and changes the page only where there is some: an opened e-mail stays open.
const main = document.getElementById("letters");
let only = "all";

function show() {
  main.dataset.only = only;
  for (const button of document.querySelectorAll("[data-filter]")) {
    button.setAttribute("aria-pressed", String(button.dataset.filter === only));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-filter]");
  if (button) {
    only = button.dataset.filter;
    show();
  }
});

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch("/inbox");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const news = [...fresh.querySelectorAll("#letters > *")];
  const known = main.querySelectorAll("article").length;
  const added = fresh.querySelectorAll("article").length - known;
  if (added < 0 || (known === 0 && added > 0)) {
    main.replaceChildren(...news);
  } else {
    main.prepend(...news.slice(0, added));
    const times = fresh.querySelectorAll("time");
    main.querySelectorAll("time").forEach((time, place) => { time.textContent = times[place].textContent; });
  }
  document.querySelector(".counts").replaceWith(fresh.querySelector(".counts"));
  document.title = fresh.title;
  show();
}

show();
setInterval(() => refresh().catch(() => {}), 2000);
