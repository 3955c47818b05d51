"""What archives and catalogues read: CITATION.cff (CFF 1.2), datacite.json (DataCite 4.5), ro-crate-metadata.json (RO-Crate 1.1)."""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from urllib.parse import quote

import yaml

from analysis.core.version import version
from analysis.provenance.files import sha256

# What DataCite writes for a mandatory field that is not known yet.
TO_BE_ASSIGNED = "(:tba)"
CRATE = "https://w3id.org/ro/crate/1.1"


def citation(root: Path) -> dict:
    """Return CITATION.cff of the project, with its version."""
    return yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8")) | {"version": version()}


def title(study: dict, root: Path) -> str:
    """Return the title of the deposit."""
    return study["deposit"]["title_begins"] + study["title"]


def write(study: dict, root: Path, out: Path, held: list[str]) -> None:
    """Write the three files into the deposit; `held` are its other paths. Blanks of config/deposit.yaml stay to be assigned."""
    about = {**citation(root), "title": title(study, root), "type": "dataset", "keywords": study["deposit"]["keywords"]}
    about["date-released"] = str(about["date-released"])
    if study["deposit"]["doi"]:
        about["doi"] = study["deposit"]["doi"]
    (out / "CITATION.cff").write_text(yaml.safe_dump(about, sort_keys=False, allow_unicode=True), encoding="utf-8")
    _json(out / "datacite.json", datacite(study, about))
    _json(out / "ro-crate-metadata.json", crate(study, about, out, sorted({*held, "CITATION.cff", "datacite.json"})))


def _json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def datacite(study: dict, about: dict) -> dict:
    """Return the DataCite metadata: the mandatory fields, subjects, rights and language."""
    deposit = study["deposit"]
    return {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "identifiers": [{"identifier": deposit["doi"] or TO_BE_ASSIGNED, "identifierType": "DOI"}],
        "creators": [_creator(author) for author in about["authors"]],
        "titles": [{"title": about["title"], "lang": deposit["language"]}],
        "publisher": {"name": deposit["publisher"] or TO_BE_ASSIGNED},
        "publicationYear": about["date-released"][:4],
        "types": {"resourceType": "Replication package", "resourceTypeGeneral": "Dataset"},
        "subjects": [{"subject": word} for word in deposit["keywords"]]
        + [{"subject": f"{code} {words}", "subjectScheme": "JEL"} for code, words in deposit["jel"].items()],
        "language": deposit["language"],
        "version": about["version"],
        "dates": [{"date": about["date-released"], "dateType": "Issued"}],
        "rightsList": [
            {"rights": about["license"], "rightsIdentifier": about["license"], "rightsIdentifierScheme": "SPDX"},
            {
                "rights": deposit["data_licence"]["name"],
                "rightsUri": deposit["data_licence"]["address"],
                "rightsIdentifier": deposit["data_licence"]["name"],
                "rightsIdentifierScheme": "SPDX",
            },
        ],
        "descriptions": [{"description": f"Data and code of the paper '{study['title']}'.", "descriptionType": "Abstract"}],
    }


def _creator(author: dict) -> dict:
    if "name" in author:
        return {"name": author["name"], "nameType": "Organizational"}
    person = {"nameType": "Personal", "givenName": author["given-names"], "familyName": author["family-names"]}
    person["name"] = f"{author['family-names']}, {author['given-names']}"
    if "orcid" in author:
        person["nameIdentifiers"] = [{"nameIdentifier": author["orcid"], "nameIdentifierScheme": "ORCID", "schemeUri": "https://orcid.org"}]
    return person


def crate(study: dict, about: dict, out: Path, held: list[str]) -> dict:
    """Return the RO-Crate: its descriptor, the deposit as root, authors, licences and every file with size and hash."""
    deposit = study["deposit"]
    authors = [
        {
            "@id": author.get("orcid", f"#author-{i}"),
            "@type": "Organization" if "name" in author else "Person",
            "name": _creator(author)["name"],
        }
        for i, author in enumerate(about["authors"], start=1)
    ]
    licences = [
        {"@id": deposit["data_licence"]["address"], "@type": "CreativeWork", "name": deposit["data_licence"]["name"]},
        {"@id": f"https://spdx.org/licenses/{about['license']}", "@type": "CreativeWork", "name": about["license"]},
    ]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": about["title"],
        "description": f"Data and code of the paper '{study['title']}'.",
        "datePublished": about["date-released"],
        "license": [{"@id": licence["@id"]} for licence in licences],
        "author": [{"@id": author["@id"]} for author in authors],
        "keywords": deposit["keywords"],
        "version": about["version"],
        "identifier": f"https://doi.org/{deposit['doi']}" if deposit["doi"] else TO_BE_ASSIGNED,
        "hasPart": [{"@id": quote(path)} for path in held],
    }
    descriptor = {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "conformsTo": {"@id": CRATE}, "about": {"@id": "./"}}
    return {"@context": f"{CRATE}/context", "@graph": [descriptor, root, *authors, *licences, *(_file(out, path) for path in held)]}


def _file(out: Path, path: str) -> dict:
    return {
        "@id": quote(path),
        "@type": "File",
        "contentSize": str((out / path).stat().st_size),
        "sha256": sha256(out / path),
        "encodingFormat": mimetypes.guess_type(path)[0] or "text/plain",
    }
