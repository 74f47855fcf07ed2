"""From a solved script to what students get: notebooks, public cases, the lint, the instructors' page, what ships."""
