// Draws the description of the API. Everything comes from this site: no validator, no fonts, no keys kept in the browser.
const place = document.getElementById("api-description");
window.SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
});
