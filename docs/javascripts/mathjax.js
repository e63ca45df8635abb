// Formulas are marked by pymdownx.arithmatex, and MathJax typesets only those.
window.MathJax = {
  tex: { inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]], tags: "all" },
  options: { ignoreHtmlClass: ".*|", processHtmlClass: "arithmatex" },
};
