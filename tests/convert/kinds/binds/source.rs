//! Source trees that an image already contains.

use super::check;

#[test]
fn a_source_tree_is_left_out_only_if_the_image_has_its_files() {
    const COPIES: &str = "Dockerfile=FROM php:8\\nWORKDIR /app\\nCOPY . .";
    check(&[
        (
            "the service that is built, and a stock image beside it",
            "  php: {build: ., restart: always, volumes: ['.:/app']}\n  web: {image: 'nginx:1', restart: always, volumes: ['.:/app:ro']}",
            &[COPIES, "index.php"],
            "web /app <- files Dockerfile compose.yaml index.php
             source-tree",
        ),
        (
            "an image that has a part of the folder",
            "  php: {build: ., restart: always, volumes: ['.:/var/www/html']}",
            &["Dockerfile=FROM php:8\\nCOPY docker/ /var/www/html/docker/", "index.php", "docker/php.ini"],
            "php /var/www/html <- data-cdb4ee2aea
             data-cdb4ee2aea: Dockerfile compose.yaml docker/php.ini index.php
             written-folder
             php lay :",
        ),
        (
            "an image that has all parts of the folder but what is of the machine",
            "  app: {build: ., restart: always, volumes: ['.:/app']}",
            &[
                "Dockerfile=FROM node\\nWORKDIR /app\\nCOPY package*.json ./\\nCOPY src src",
                ".gitignore=node_modules",
                "package.json",
                "src/a.js",
                "node_modules/b/c.js",
                "README.md",
            ],
            "source-tree",
        ),
        (
            "a pattern that takes back one file of an excluded folder",
            "  app: {build: ., restart: always, volumes: ['.:/app']}",
            &[COPIES, ".dockerignore=*\\n!dist/app.jar", "dist/app.jar", "src/a"],
            "source-tree",
        ),
        (
            "a Dockerfile that copies nothing",
            "  php: {build: ., restart: always, volumes: ['.:/app']}\n  web: {image: 'nginx:1', restart: always, volumes: ['./public:/srv:ro']}",
            &["Dockerfile=FROM php:8", "public/index.php"],
            "php /app <- data-cdb4ee2aea
             web /srv <- data-cdb4ee2aea/public ro
             data-cdb4ee2aea: Dockerfile compose.yaml public/index.php
             written-folder
             php lay :
             web lay :",
        ),
        (
            "a folder of uploads that the builder does not see",
            "  php: {build: ., restart: always, volumes: ['.:/app', './uploads:/app/uploads']}",
            &[COPIES, ".dockerignore=uploads", "uploads/default.png"],
            "php /app/uploads <- data-uploads
             data-uploads: default.png
             source-tree written-folder
             php lay :",
        ),
        (
            "patterns that take a folder back",
            "  php: {build: ., restart: always, volumes: ['./src:/app/src', './data:/app/data']}",
            &[COPIES, ".dockerignore=*\\n!src", "src/a.php", "data/seed.csv"],
            "php /app/data <- data-data
             data-data: seed.csv
             source-tree written-folder
             php lay :",
        ),
        (
            "a folder that is not there or empty",
            "  php: {build: ., restart: always, volumes: ['./new:/app/new', './tmp:/app/tmp']}",
            &[COPIES, "tmp/.gitkeep"],
            "php /app/new <- data-new
             php /app/tmp <- data-tmp
             data-folder
             php lay :",
        ),
        (
            "a mount at another place than the image's",
            "  php: {build: ., restart: always, volumes: ['./fixtures:/fixtures']}",
            &[COPIES, "fixtures/a"],
            "php /fixtures <- data-fixtures
             data-fixtures: a
             written-folder
             php lay :",
        ),
        (
            "configuration that lies in the context",
            "  web: {build: ./web, restart: always, volumes: ['./web/conf.d:/etc/nginx/conf.d:ro', './web/html:/html']}",
            &["web/Dockerfile=FROM nginx\\nCOPY html /html", "web/conf.d/site.conf", "web/html/index.html"],
            "web /etc/nginx/conf.d <- files site.conf
             source-tree",
        ),
        (
            "a stage that is built, and a file of another name",
            "  app: {build: {context: ./app, dockerfile: ../docker/App, target: dev}, restart: always, volumes: ['./app:/code', '/code/node_modules']}",
            &["docker/App=FROM node AS dev\\nWORKDIR /code\\nCOPY src ./src\\nFROM nginx", "app/src/main.js"],
            "app /code/node_modules <- anonymous
             source-tree",
        ),
        (
            "a context whose Dockerfile cannot be read",
            "  app: {build: ./app, restart: always, volumes: ['./app/src:/code/src']}\n  job: {build: ./job, restart: always, volumes: ['./app/src:/src']}",
            &["app/src/main.js", "job/x"],
            "job /src <- data-app-src-5b24f327c4
             data-app-src-5b24f327c4: main.js
             source-tree written-folder
             job lay :",
        ),
        (
            "the author wants it kept",
            "  app: {build: ., restart: always, volumes: [{type: bind, source: ., target: /app, x-stackwright: {bind: volume}}]}",
            &[COPIES, ".git/config"],
            "app /app <- data-cdb4ee2aea
             data-cdb4ee2aea: Dockerfile compose.yaml
             written-folder
             app lay :",
        ),
    ]);
}
