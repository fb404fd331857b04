// Put into a page by its test: looks at it as a person would, and leaves what it found in the body's data.
addEventListener("load", () => {
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((one) => (one /= 255) <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const paper = (node) => {
    for (; node; node = node.parentElement) {
      const colour = numbers(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const contrast = (node) => {
    const style = getComputedStyle(node);
    const ink = numbers(node instanceof SVGElement ? style.fill : style.color).slice(0, 3);
    const [a, b] = [luminance(ink), luminance(paper(node))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const texts = [...document.querySelectorAll("body *")].filter((node) =>
    !["SCRIPT", "TITLE", "title"].includes(node.tagName)
    && [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()));
  const filter = document.getElementById("filter");
  filter.value = "work 59";
  filter.dispatchEvent(new Event("input"));
  const rows = [...document.querySelectorAll("#all tbody tr")];
  const shown = rows.filter((row) => !row.hidden).length;
  const head = document.querySelectorAll("#all thead button")[3];
  head.click(); head.click();
  const scrollers = [...document.querySelectorAll(".scroll")];
  document.body.dataset.probe = JSON.stringify({
    lowestContrast: Math.min(...texts.map(contrast)),
    shown,
    said: document.getElementById("shown").textContent,
    first: document.querySelector("#all tbody tr td:nth-child(4)").textContent,
    sorted: head.closest("th").getAttribute("aria-sort"),
    reachable: scrollers.every((one) => one.tabIndex === 0 && (one.ariaLabel || one.getAttribute("aria-labelledby"))),
    heads: [...document.querySelectorAll("th")].every((one) => one.scope),
    cut: [...document.querySelectorAll("svg text")].filter((one) => {
      const [box, drawing] = [one.getBoundingClientRect(), one.closest("svg").getBoundingClientRect()];
      return box.left < drawing.left || box.right > drawing.right || box.top < drawing.top || box.bottom > drawing.bottom;
    }).map((one) => one.textContent),
    wider: document.documentElement.scrollWidth - innerWidth,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
  });
});
