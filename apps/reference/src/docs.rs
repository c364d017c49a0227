//! The documentation of the API: OpenAPI 3.1 at `/openapi.json`, browsable at `/docs`.

use axum::Router;
use utoipa::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

/// What is said of the API as a whole. The rest is generated from the handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Annals reference service",
        description = "A bank, its users and a shop, event-sourced but for the catalogue. A command answers with `ETag` (the version) and \
            `Annals-Position`; send that position as `minPosition` to a query to read your own \
            write, or ask for all there is with `freshness=current`. Every error is `application/problem+json`."
    ),
    tags(
        (name = "commands", description = "What can be asked of accounts, transfers, users, orders \
            and the catalogue."),
        (name = "queries", description = "What is known of them."),
        (name = "health", description = "For whoever watches over the service."),
        (name = "operations", description = "For whoever operates the service: projections and \
            what they could not apply. There only if the service was started with a token.")
    )
)]
pub(crate) struct Api;

/// Serves the document, and a page to browse it that comes from the program itself.
pub(crate) fn routes(document: utoipa::openapi::OpenApi) -> Router {
    SwaggerUi::new("/docs")
        .url("/openapi.json", document)
        .into()
}
