#include "tools/load/questions.h"

#include <array>
#include <string_view>

#include "serve/json.h"

namespace filigree::tools {
namespace {

struct Paragraph {
  std::string_view text;
  std::array<std::string_view, 3> questions;
};

constexpr std::array kParagraphs = {
    Paragraph{
        "The lighthouse on Skarholm was built in 1874 by the engineer Marta Lindqvist. Its lamp "
        "burned rapeseed oil until 1931, when a cable from the mainland brought electricity to "
        "the island.",
        {"Who built the lighthouse?", "When was the lighthouse built?",
         "What did the lamp burn before electricity?"}},
    Paragraph{
        "Rye bread from the Veldt valley is baked once a week. The dough rests for eighteen "
        "hours in troughs of lime wood, because the wood keeps the sour culture alive from one "
        "week to the next. Each loaf weighs four pounds and keeps for twelve days. Bakers mark "
        "the crust with a cross so that it breaks where they want it to.",
        {"How long does the dough rest?", "Why are the troughs made of lime wood?",
         "How much does a loaf weigh?"}},
    Paragraph{
        "A heat pump moves heat instead of making it. A refrigerant takes up heat from the air "
        "outside while it evaporates, a compressor raises its pressure and with it the "
        "temperature, and in a condenser inside the house it gives the heat away and becomes "
        "liquid again. For each unit of electricity a good pump delivers three to four units of "
        "heat on a mild day. In severe frost it is barely two, since the difference of "
        "temperature that the compressor has to overcome is larger.",
        {"What raises the pressure of the refrigerant?",
         "How much heat does a good pump deliver on a mild day?",
         "Where does the refrigerant become liquid again?"}},
    Paragraph{
        "In the spring of 1902 the botanist Ilse Aumann walked from Trieste to Sarajevo with a "
        "mule, two presses for plants and a letter of introduction that nobody asked to see. "
        "She collected 1,140 specimens in eleven weeks, among them a bellflower that grows only "
        "on the north side of one gorge and now bears her name. Her notebooks describe the "
        "weather, the price of bread and the quarrels of innkeepers as carefully as the leaves. "
        "Most of the collection burned in 1945; the notebooks had been lent to a colleague in "
        "Graz, who forgot to return them, and so they survive.",
        {"Where did Ilse Aumann walk to?", "How many specimens did she collect?",
         "Why do the notebooks survive?"}},
    Paragraph{
        "The tram network of Orsova had seven lines at its greatest extent, in 1956. Line 4, from "
        "the harbour to the brickworks, carried more people than all the others together. When "
        "the brickworks closed in 1968 the city began to replace trams by buses, and the last "
        "tram ran on 30 September 1973. Part of the track was never taken up. In 2009 a society "
        "of volunteers restored 2.3 kilometres of it, and since then a single car built in 1938 "
        "runs on Sundays between May and October. It is driven by a retired dentist. The city "
        "council has twice discussed a new line to the university, and has twice found it too "
        "expensive; a third study, which compares a tram with a cable car across the river, is "
        "to be presented next year.",
        {"Which line carried the most people?", "When did the last tram run?",
         "Who drives the car on Sundays?"}},
    Paragraph{
        "Octopuses taste with their arms. Each of the suckers has thousands of receptors, some of "
        "which answer to molecules that do not dissolve in water and that can be noticed only "
        "by touch. Two thirds of the animal's neurons are in its arms, and a severed arm still "
        "avoids what is unpleasant to it.",
        {"What do octopuses taste with?", "Where are two thirds of the neurons?",
         "What does a severed arm avoid?"}},
};

}  // namespace

std::vector<std::string> built_in_questions() {
  std::vector<std::string> bodies;
  // One about each paragraph, then the next ones, so that lengths alternate.
  for (std::size_t i = 0; i < kParagraphs[0].questions.size(); ++i)
    for (const Paragraph& paragraph : kParagraphs)
      bodies.push_back(serve::to_text(serve::Json::object(
          {{"question", paragraph.questions[i]}, {"context", paragraph.text}})));
  return bodies;
}

}  // namespace filigree::tools
